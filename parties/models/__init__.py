from parties.models.address import Address, PartyAddress
from parties.models.change import Cause, PartyChange
from parties.models.contact import ContactType, PartyContact
from parties.models.enrichment import PartyEnrichment
from parties.models.finances import PartyFinances
from parties.models.merged import PartyMerge
from parties.models.party import Company, Kind, Party, Person
from parties.models.property import PropertyOwnership, RealEstateProperty
from parties.models.relationship import PartyRelationship, RelationshipKind
from parties.models.request import DEADLINE, UNANSWERED, DataRequest, RequestState, Wish

__all__ = [
    "DEADLINE",
    "UNANSWERED",
    "Address",
    "Cause",
    "Company",
    "ContactType",
    "DataRequest",
    "Kind",
    "Party",
    "PartyAddress",
    "PartyChange",
    "PartyContact",
    "PartyEnrichment",
    "PartyFinances",
    "PartyMerge",
    "PartyRelationship",
    "Person",
    "PropertyOwnership",
    "RealEstateProperty",
    "RelationshipKind",
    "RequestState",
    "Wish",
]
