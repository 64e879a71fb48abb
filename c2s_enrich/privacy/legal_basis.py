"""On what ground and what for the data of a lead are processed, by the door that it came by."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

# the doors, as settings name them
SOURCES = {"c2s": _("C2S"), "google_ads": _("Google Ads"), "rest": _("API"), "import": _("Import")}
PURPOSE = _("To answer somebody who asked about a property, knowing who it is")


class Basis(models.TextChoices):
    """Those of article 7 of the LGPD that a brokerage may call upon."""

    CONSENT = "consent", _("Consent of the person (art. 7, I)")
    LEGAL_OBLIGATION = "legal_obligation", _("Legal obligation (art. 7, II)")
    CONTRACT = "contract", _("Steps towards a contract, at the person's request (art. 7, V)")
    LEGITIMATE_INTEREST = "legitimate_interest", _("Legitimate interest (art. 7, IX)")
    CREDIT = "credit_protection", _("Protection of credit (art. 7, X)")


@dataclass(frozen=True, slots=True)
class Ground:
    source: str
    basis: Basis
    purpose: str

    @property
    def source_named(self) -> str:
        return str(SOURCES[self.source])

    def as_json(self) -> dict[str, Any]:
        """As exports and access files say it."""
        return {"source": self.source, "legal_basis": self.basis.value, "purpose": self.purpose}


def ground_of(source: str) -> Ground:
    basis, purpose = (getattr(settings, f"{name}_{source.upper()}") for name in ("LEGAL_BASIS", "PURPOSE"))
    return Ground(source, Basis(basis), purpose or str(PURPOSE))


def grounds() -> list[Ground]:
    return [ground_of(source) for source in SOURCES]
