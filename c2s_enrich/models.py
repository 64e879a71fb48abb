import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from c2s_enrich.key_pulse import register_changed


class Scope(models.TextChoices):
    LOOKUP = "lookup", _("Look up")
    ENRICH = "enrich", _("Enrich (may cost money)")
    PII = "pii", _("See documents and contacts in clear")
    METRICS = "metrics", _("Read metrics")
    ADMIN = "admin", _("Administer")


def hash_of_key(key: str) -> str:
    """Keys are long and random, so one fast hash is enough; the key itself is never stored."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, at: datetime | None = None) -> "ApiKeyQuerySet":
        at = at or timezone.now()
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=at))


class ApiKey(models.Model):
    """Who may call the API, and for what; the key itself is nowhere, only its hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), verbose_name=_("scopes"), default=list)
    rate_per_second = models.PositiveIntegerField(
        _("requests per second"), default=10, help_text=_("0 means no limit.")
    )
    burst = models.PositiveIntegerField(_("burst"), default=20)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        db_table = "api_keys"
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="api_keys_scopes_are_known")
        ]

    # of a key that was just made, and never stored
    clear_text: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


def api_key_make(
    *,
    name: str,
    scopes: list[str],
    key: str = "",
    rate_per_second: int = 10,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its clear text, which is known here and never again."""
    key = key or f"c2s_{secrets.token_urlsafe(32)}"
    made = ApiKey.objects.create(
        name=name,
        # a short key of somebody's own choosing must not stand here whole
        prefix=key[:8] if len(key) >= 24 else "",
        key_hash=hash_of_key(key),
        scopes=scopes,
        rate_per_second=rate_per_second,
        burst=2 * rate_per_second,
        expires_at=expires_at,
    )
    return made, key


def api_key_revoke(*, key: ApiKey) -> bool:
    """Stop the key for good, in every process; whether it was valid until now."""
    return _changed(key, revoked_at=timezone.now())


def api_key_limit(*, key: ApiKey, rate_per_second: int, burst: int | None = None) -> bool:
    """How often the key may ask from now on; 0 is no limit."""
    return _changed(key, rate_per_second=rate_per_second, burst=2 * rate_per_second if burst is None else burst)


def _changed(key: ApiKey, **values: Any) -> bool:
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(**values)
    # after commit: who asked the database before it would go on believing what it read
    transaction.on_commit(register_changed)
    return bool(changed)


from c2s_enrich.privacy.models import AccessEntry, RetentionNight, Suppressed  # noqa: E402, F401  Django looks here
