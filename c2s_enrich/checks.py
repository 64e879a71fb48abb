"""What is wrong with the configuration, told at start with an id and a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from c2s_enrich.privacy.legal_basis import SOURCES, Basis

OURS = "c2s_enrich"
PROVIDER_URLS = ("C2S_BASE_URL", "DIRETRIX_BASE_URL", "WORK_API_BASE_URL")
ACCESS_LOG_AT_LEAST = 30
SECRET_KEY_AT_LEAST, SECRET_AT_LEAST = 32, 16


@register(OURS)
def secrets_are_long(**_: Any) -> list[CheckMessage]:
    """Such as nobody finds by trying."""
    if not settings.PRODUCTION:
        return []
    hint = 'Take a random one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
    # Google's is typed into a form by whoever runs the campaign, and may be in use as it is
    looked_at = (
        (Error, "E011", "SECRET_KEY", [settings.SECRET_KEY], SECRET_KEY_AT_LEAST),
        (Error, "E011", "WEBHOOK_SECRET", settings.WEBHOOK_SECRETS, SECRET_AT_LEAST),
        (Warning, "W003", "GOOGLE_ADS_WEBHOOK_KEY", settings.GOOGLE_ADS_WEBHOOK_KEYS, SECRET_AT_LEAST),
    )
    return [
        grave(f"{name} is shorter than {at_least} characters.", hint=hint, id=f"c2s_enrich.{number}")
        for grave, number, name, given, at_least in looked_at
        if any(len(secret) < at_least for secret in given)
    ]


@register(OURS)
def hosts_are_named(**_: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION or "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "Name the hosts that lead here: whoever chooses the name chooses where links lead."
    return [Warning("ALLOWED_HOSTS=* answers to any host name.", hint=hint, id="c2s_enrich.W002")]


@register(OURS)
def providers_are_spoken_to_in_private(**_: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION or settings.ALLOW_HTTP_PROVIDERS:
        return []
    return [
        Error(
            f"{name} is not an https:// address: credentials would travel in clear.",
            hint="Use https://, or say ALLOW_HTTP_PROVIDERS=true if there is no other way.",
            id="c2s_enrich.E001",
        )
        for name in PROVIDER_URLS
        if not str(getattr(settings, name)).startswith("https://")
    ]


@register(OURS)
def erasures_outlive_the_database(**_: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION or settings.ERASURE_LOG.parent != settings.DATA_DIR:
        return []
    says = "ERASURE_LOG is not set: whom DATA_DIR alone remembers as erased comes back with a backup once it is lost."
    return [Warning(says, hint="Name a file that outlives the database and the container.", id="c2s_enrich.W001")]


@register(OURS)
def alerts_can_be_sent(**_: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    address = settings.ALERT_WEBHOOK_URL
    if address and settings.PRODUCTION and not address.startswith("https://"):
        hint = "Whoever reads the address on the way could post there, too."
        errors.append(Error("ALERT_WEBHOOK_URL is not an https:// address.", hint=hint, id="c2s_enrich.E008"))
    if settings.ALERT_EMAIL_TO and not settings.EMAIL_HOST:
        errors.append(Error("ALERT_EMAIL_TO needs SMTP_URL.", id="c2s_enrich.E009"))
    if settings.ALERT_LOOK_SECONDS <= 0:
        errors.append(Error("ALERT_LOOK_SECONDS must be more than 0.", id="c2s_enrich.E010"))
    return errors


@register(OURS)
def choices_are_known(**_: Any) -> list[CheckMessage]:
    return [
        Error(f"{name} must be `{one}` or `{other}`.", id="c2s_enrich.E002")
        for name, one, other in (
            ("ON_CONFLICT", "post", "hold"),
            ("ON_DOUBT", "post", "hold"),
            ("DELIVERY", "send", "shadow"),
            ("ALERT_LANGUAGE", "pt-br", "en"),
        )
        if getattr(settings, name) not in (one, other)
    ]


@register(OURS)
def the_name_threshold_is_a_share(**_: Any) -> list[CheckMessage]:
    if 0 <= settings.NAME_MATCH_MIN <= 1:
        return []
    return [Error("NAME_MATCH_MIN must lie between 0 and 1.", id="c2s_enrich.E003")]


@register(OURS)
def the_grounds_are_those_of_the_law(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"LEGAL_BASIS_{source.upper()} must be one of {', '.join(Basis.values)}.",
            id="c2s_enrich.E004",
        )
        for source in SOURCES
        if getattr(settings, f"LEGAL_BASIS_{source.upper()}") not in Basis.values
    ]


@register(OURS)
def nobody_forgotten_comes_back(**_: Any) -> list[CheckMessage]:
    """Their hashes can be made anew under no other key: of whom they are is known to nobody."""
    if not settings.SECRET_KEY_FALLBACKS or settings.SUPPRESSION_KEYS:
        return []
    return [
        Error(
            "SECRET_KEY changes, and the list of those who asked to be forgotten has no key of its own.",
            hint="Set SUPPRESSION_KEY to the SECRET_KEY that was in use so far, and keep it for good.",
            id="c2s_enrich.E007",
        )
    ]


@register(OURS)
def retention_can_be_kept(**_: Any) -> list[CheckMessage]:
    """The database lets go of nothing younger of the access log; answers that are bought must last until then."""
    errors: list[CheckMessage] = []
    if 0 < settings.RETENTION_ACCESS_LOG < ACCESS_LOG_AT_LEAST:
        errors.append(Error(f"RETENTION_ACCESS_LOG must be 0 or at least {ACCESS_LOG_AT_LEAST}.", id="c2s_enrich.E005"))
    if 0 < settings.RETENTION_ANSWERS < settings.REFRESH_AFTER_DAYS:
        hint = "What is let go earlier would be bought again."
        errors.append(Error("RETENTION_ANSWERS is shorter than REFRESH_AFTER_DAYS.", hint=hint, id="c2s_enrich.E006"))
    return errors


def refuse_what_is_wrong() -> None:
    """For a web server, which asks for no checks: `manage.py` does before every command."""
    if wrong := [told for told in run_checks(tags=[OURS]) if told.is_serious()]:
        raise ImproperlyConfigured(" ".join(f"{told.msg} {told.hint or ''} ({told.id})" for told in wrong))
