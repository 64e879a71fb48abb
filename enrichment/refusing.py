"""A provider's failure as our API tells it: which one, and what to do; nothing of its internals."""

import math

from c2s_enrich.errors import Refusal
from enrichment.providers.errors import TOO_SLOW, ProviderError, RateLimited, Withheld
from enrichment.providers.names import NAMES

GATEWAY_TIMEOUT = 504


def refusal_of(error: ProviderError) -> Refusal:
    """503 with `Retry-After` where waiting helps, 504 for one that is too slow, 502 for all else."""
    details = {"provider": error.provider} if error.provider in NAMES else None
    name = NAMES.get(error.provider, "The provider")
    if isinstance(error, RateLimited | Withheld):
        wait = max(1, math.ceil(error.retry_after or 1))
        sentence = f"{name} cannot be asked right now: try again in {wait} s."
        return Refusal(503, sentence, "provider_busy", details=details, retry_after=wait)
    if error.what == TOO_SLOW or error.status == GATEWAY_TIMEOUT:
        return Refusal(504, f"{name} did not answer in time.", details=details)
    return Refusal(502, f"{name} did not answer as it should.", details=details)
