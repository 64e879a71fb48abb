"""The views: the predecessor's tables as they were, and what is reckoned from ours. One file of SQL each."""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from enrichment.rollup import GROWS, LONGEST, SHORTEST

CORE, ANALYTICS = "core", "analytics"
SCHEMAS = (CORE, ANALYTICS)
# how one of ours is known in the database, and as what: a changed one is made again
SIGN = "c2s-enrich"
_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class View:
    """`key` makes it materialised: its unique column, without which it could only be refreshed under a lock.

    `of_people` are the columns that tell who somebody is, or where: whoever only reckons does not get them.
    """

    name: str
    what: str
    of_people: tuple[str, ...] = ()
    key: str = ""
    indexes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return "materialized view" if self.key else "view"

    @property
    def select(self) -> str:
        words = {
            ":zone": settings.TIME_ZONE,
            ":shortest": str(SHORTEST),
            ":grows": str(GROWS),
            ":longest": str(LONGEST),
        }
        return re.sub(r":[a-z]+\b", lambda found: words.get(found[0], found[0]), self._text)

    @property
    def _text(self) -> str:
        return (_SQL / f"{self.name}.sql").read_text("utf-8")

    @property
    def statements(self) -> list[str]:
        unfilled = " with no data" if self.key else ""
        made = f"create {self.kind} {self.name} as {self.select}{unfilled}"
        short = self.name.partition(".")[2]
        unique = [f"create unique index {short}_key on {self.name} ({self.key})"] if self.key else []
        others = [f"create index on {self.name} {index}" for index in self.indexes]
        return [made, *unique, *others]

    @property
    def comment(self) -> str:
        said = sha256("\n".join(self.statements).encode()).hexdigest()[:16]
        return f"{self.what} ({SIGN} {said})"


PARTY_ANALYTICS = View(
    "core.mv_party_analytics",
    "Per person or company, without a name: bands, counts and qualities",
    key="party_id",
    indexes=("(state, city)",),
)
LEAD_STAR = View(
    "analytics.mv_mkt_lead_star",
    "Per lead, without a name: when, from where, whose, what came of it and what it cost",
    key="lead_id",
    indexes=(
        # the insights' date range
        "(day)",
        # who came again most often
        "(day) include (same_phone_as, same_email_as) where is_repeat",
    ),
)
MATERIALISED = (PARTY_ANALYTICS, LEAD_STAR)
_NAMES = ("full_name", "name", "normalized_name", "mother_name", "father_name")
_PLACE = ("street", "number", "complement", "zip_code", "latitude", "longitude", "formatted_address")


@cache
def views() -> tuple[View, ...]:
    return (
        View(
            "core.parties",
            "The predecessor's parties",
            ("cpf_cnpj", *_NAMES, "rg", "fantasy_name", "birth_date"),
        ),
        View(
            "core.people",
            "The predecessor's people",
            ("full_name", "mothers_name", "birth_date", "document_cpf"),
        ),
        View("core.companies", "The predecessor's companies", ("legal_name", "trade_name", "cnpj")),
        View("core.party_contacts", "The predecessor's contacts; phones in E.164", ("value",)),
        View(
            "core.party_enrichments",
            "The predecessor's enrichments; the payloads are reduced to what may be kept",
            ("raw_payload", "normalized_data"),
        ),
        View("core.addresses", "The predecessor's addresses", _PLACE),
        View("core.party_addresses", "The predecessor's links of parties and addresses"),
        View(
            "core.real_estate_properties",
            "The predecessor's properties",
            ("iptu_number", "street", "number", "zip_code", "area_m2", "assessed_value"),
        ),
        View("core.property_ownerships", "The predecessor's ownerships"),
        View("core.party_relationships", "The predecessor's ties between parties"),
        *MATERIALISED,
        View("analytics.freshness", "How old the materialised views are"),
    )
