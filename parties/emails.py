"""E-mail addresses: the shape that mail providers really hand out, not all that a standard would allow."""

import re
from dataclasses import dataclass
from typing import Self

import idna

from parties.refusals import Identifier, Refused, plain_text

LONGEST_ADDRESS = 254
LONGEST_LOCAL = 64
LONGEST_DOMAIN = 253

ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = re.compile(rf"{ATOM}(?:\.{ATOM})*")
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?:{LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{0,58}}[a-z0-9])")


@dataclass(frozen=True, slots=True, repr=False)
class Email(Identifier):
    value: str

    @classmethod
    def parse(cls, text: object) -> Self | Refused:
        plain = plain_text(text)
        if isinstance(plain, Refused):
            return plain
        if len(plain) > LONGEST_ADDRESS:
            return Refused("too_long")
        local, at_sign, domain = plain.lower().rpartition("@")
        return cls._checked(local, _ascii_domain(domain)) if at_sign else Refused("no_at_sign")

    @classmethod
    def _checked(cls, local: str, domain: str) -> Self | Refused:
        if not domain:
            return Refused("no_domain")
        if len(local) > LONGEST_LOCAL or not LOCAL.fullmatch(local):
            return Refused("bad_local_part")
        if len(domain) > LONGEST_DOMAIN or not DOMAIN.fullmatch(domain):
            return Refused("bad_domain")
        address = f"{local}@{domain}"
        return cls(address) if len(address) <= LONGEST_ADDRESS else Refused("too_long")

    @property
    def local(self) -> str:
        return self.value.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.value.rpartition("@")[2]

    @property
    def masked(self) -> str:
        # A local part of one letter would be shown whole by its own first letter.
        shown = self.local[0] if len(self.local) > 1 else ""
        return f"{shown}***@{self.domain}"

    @property
    def formatted(self) -> str:
        return self.value


def _ascii_domain(domain: str) -> str:
    """The domain as DNS knows it; what cannot be written there is returned as it is, to be refused."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return domain
