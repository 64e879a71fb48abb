"""What is wrong with the configuration, told at start with an id and a hint."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

PROVIDER_URLS = ("C2S_BASE_URL", "DIRETRIX_BASE_URL", "WORK_API_BASE_URL")


@register()
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


@register()
def choices_are_known(**_: Any) -> list[CheckMessage]:
    if settings.ON_CONFLICT in ("post", "hold"):
        return []
    return [Error("ON_CONFLICT must be `post` or `hold`.", id="c2s_enrich.E002")]


@register()
def the_name_threshold_is_a_share(**_: Any) -> list[CheckMessage]:
    if 0 <= settings.NAME_MATCH_MIN <= 1:
        return []
    return [Error("NAME_MATCH_MIN must lie between 0 and 1.", id="c2s_enrich.E003")]
