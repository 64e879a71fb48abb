"""The kill switch: every process sees it at its next call."""

import structlog

from enrichment.models import ProviderGate

log = structlog.get_logger(__name__)


def provider_switch(*, provider: str, enabled: bool, by: str) -> bool:
    """Whether anything changed. `by` says who did it, by a key and not by a name."""
    ProviderGate.objects.bulk_create([ProviderGate(provider=provider)], ignore_conflicts=True)
    changed = bool(ProviderGate.objects.filter(pk=provider, enabled=not enabled).update(enabled=enabled))
    if changed:
        log.warning("provider switched", provider=provider, enabled=enabled, by=by)
    return changed
