"""Why a contact could not be used, what is missing, and what went wrong outside, said to staff."""

import re

from django.utils.translation import gettext_lazy as _

from enrichment.providers.names import NAMES

WORDS = {
    "discovery": _("who it is"),
    "profile": _("the profile"),
    "phone": _("phone"),
    "email": _("e-mail"),
    "document": _("CPF"),
    "none given": _("none given"),
    "fake": _("made up"),
    "empty": _("empty"),
    "too_short": _("too short"),
    "too_long": _("too long"),
    "not_a_number": _("not a number"),
    "no_area_code": _("without area code"),
    "service_number": _("a service number"),
    "unknown_country": _("of an unknown country"),
    "invalid_number": _("not a valid number"),
    "not_text": _("no text"),
    "repeated_digits": _("one digit repeated"),
    "check_digits": _("the check digits do not fit"),
    "no_at_sign": _("without @"),
    "no_domain": _("nothing behind the @"),
    "bad_local_part": _("not well formed before the @"),
    "bad_domain": _("not well formed behind the @"),
}

TROUBLES = [
    (re.compile(pattern), said)
    for pattern, said in [
        (r"answered (\d+)", _("failed with {0}")),
        (r"refused with (\d+)", _("refused with {0}")),
        (r"refused the lead", _("refused the lead")),
        (r"refused in its answer", _("refused in its answer")),
        (r"answered with a redirect", _("answered with a redirect")),
        (r"the request cannot be put together", _("the request cannot be put together")),
        (r"no connection", _("no connection")),
        (r"the answer took too long", _("the answer took too long")),
        (r"the connection broke off", _("the connection broke off")),
        (r"too many requests", _("too many requests")),
        (r"asked us to wait", _("asked us to wait")),
        (r"failing just now", _("failing just now")),
        (r"being tried again", _("being tried again")),
        (r"switched off by staff", _("switched off by staff")),
        (r"its rate is used up", _("as many calls as may be made for now")),
        (r"all its places are taken", _("as many calls as may be made for now")),
        (r"its budget is reserved", _("the budget is spent")),
        (r"the \w+'s budget is spent", _("the budget is spent")),
        (r"the lead is being created", _("the lead is being created")),
        (r"another run is asking the same", _("another run is asking the same")),
    ]
]
_OUTSIDE = re.compile(rf"({'|'.join(NAMES)}|single flight|this service): (.*)")


def said_words(text: str) -> str:
    """Of a list like `phone: fake, email: too_long` each word that is known."""
    parts = (part.split(": ") for part in text.split(", "))
    return ", ".join(": ".join(str(WORDS.get(word, word)) for word in part) for part in parts)


def said_trouble(text: str) -> str | None:
    """A provider's error; one that we have no words for stays as it is, behind the provider's name."""
    outside = _OUTSIDE.fullmatch(text)
    if outside is None:
        return None
    what = outside[2]
    for pattern, said in TROUBLES:
        if found := pattern.fullmatch(what):
            what = str(said).format(*found.groups())
            break
    return f"{NAMES[outside[1]]}: {what}" if outside[1] in NAMES else what
