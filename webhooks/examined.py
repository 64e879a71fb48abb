"""What the doctor looks at here: whether C2S still sends us its leads."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from c2s_enrich.doctor.findings import Finding, examined
from c2s_enrich.ids import uuid7_floor
from enrichment.models import Run, Trigger
from webhooks.models import Door, WebhookEvent

_LATELY = timedelta(days=1)
_SUBSCRIBE = "Run `manage.py c2s_webhooks subscribe --base-url https://…`."


@examined("webhook")
def leads_come_in() -> Iterator[Finding]:
    """C2S does not tell what is subscribed; what came in does."""
    if not settings.WEBHOOK_SECRETS:
        yield Finding("webhook", "failed", "WEBHOOK_SECRET is not set: nothing is let in", "Set it, then subscribe.")
        return
    since = timezone.now() - _LATELY
    latest = WebhookEvent.objects.filter(door=Door.C2S).order_by("-received_at").first()
    if latest is None:
        yield Finding("webhook", "warning", "C2S has never sent an event", _SUBSCRIBE)
    elif latest.received_at < since and _found_by_looking():
        says = "a day without an event, while leads were found by looking in C2S: the subscription is gone"
        yield Finding("webhook", "failed", says, _SUBSCRIBE)
    else:
        at = f"{timezone.localtime(latest.received_at):%Y-%m-%d %H:%M}"
        yield Finding("webhook", "ok", f"the latest event of C2S came at {at}")


def _found_by_looking() -> bool:
    lately = Run.objects.filter(id__gte=uuid7_floor(timezone.now() - _LATELY))
    return lately.filter(trigger=Trigger.RECONCILE).exists()
