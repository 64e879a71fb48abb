"""What this room holds of people, how long, and what becomes of it when somebody is forgotten."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from c2s_enrich.privacy.registry import Holding, hold, widens
from c2s_enrich.privacy.retention import Rule, keep
from c2s_enrich.privacy.subject import Subject
from parties import changes
from parties.merging import merge_forget, merges_of_gone
from parties.models import (
    UNANSWERED,
    Address,
    Company,
    DataRequest,
    Party,
    PartyAddress,
    PartyChange,
    PartyContact,
    PartyEnrichment,
    PartyFinances,
    PartyMerge,
    PartyRelationship,
    Person,
    PropertyOwnership,
    RealEstateProperty,
)

_PARTY, _CONTACT = "parties.party", "parties.partycontact"
_KNOW = _("so that the broker knows who the lead is")


def register() -> None:
    widens("parties", _widen)
    hold(*_holdings())
    keep(
        Rule(
            "profiles",
            _("People who have no lead, with all that is known of them"),
            Party,
            moment="updated_at",
            only=lambda: Q(kind="person", leads=None),
            drop=parties_forget,
        ),
        Rule("changes", _("Change history of people and companies"), PartyChange),
        Rule("changes", _("Merges"), PartyMerge),
        Rule("requests", _("Answered requests of those whose data we hold"), DataRequest, only=_is_answered),
    )


def parties_forget(parties: QuerySet[Party], _subject: Subject | None = None) -> int:
    """With their contacts, profiles and history; and the places that are nobody's any more."""
    ids = list(parties.values_list("pk", flat=True))
    values = list(PartyContact.objects.filter(party__in=ids).values_list("value", flat=True))
    documents = [d for d in Party.objects.filter(pk__in=ids).values_list("cpf_cnpj", flat=True) if d]
    homes = list(Address.objects.filter(residents__party__in=ids).values_list("pk", flat=True))
    owned = list(RealEstateProperty.objects.filter(owners__party__in=ids).values_list("pk", flat=True))
    PartyMerge.objects.filter(Q(kept_id__in=ids) | Q(gone_id__in=ids)).delete()
    Party.objects.filter(pk__in=ids).delete()
    Address.objects.filter(pk__in=homes, residents=None).delete()
    RealEstateProperty.objects.filter(pk__in=owned, owners=None).delete()
    changes.announce(ids, [*values, *documents])
    return len(ids)


def _holdings() -> list[Holding]:
    def of_party(column: str = "party") -> Any:
        return lambda subject: Q(**{f"{column}__in": subject.ids[_PARTY]})

    def part(model: Any, what: Any, column: str = "party", **more: Any) -> Holding:
        return Holding(model, what=what, why=_KNOW, of=of_party(column), goes_with=_PARTY, **more)

    return [
        Holding(
            Party,
            what=_("People and companies: name, CPF or CNPJ, where each value came from"),
            why=_KNOW,
            of=lambda subject: Q(pk__in=subject.ids[_PARTY]),
            kept="profiles",
            erase=parties_forget,
            # the names of one-person firms hold their owner's CPF
            scrub=("name", "folded_name", "origins"),
        ),
        part(Person, _("Birth date, sex, parents, marital status, occupation and the like")),
        part(Company, _("Companies: names, size, industry"), scrub=("legal_name", "trade_name")),
        part(PartyContact, _("Phones and e-mail addresses")),
        part(PartyFinances, _("Income, purchasing power, credit score")),
        part(PartyEnrichment, _("Profiles as the provider gave them, reduced to what is allowed"), scrub=("profile",)),
        part(PartyAddress, _("Who lives where")),
        part(PropertyOwnership, _("Who owns what")),
        part(PartyRelationship, _("Companies of a person"), column="from_party"),
        # others may live there or own it too: what is nobody's any more goes with the party
        part(Address, _("Addresses"), column="residents__party", scrub=("complement",)),
        part(RealEstateProperty, _("Properties"), column="owners__party"),
        Holding(
            PartyChange,
            what=_("What was changed of a person or a company, by whom, and what stood there before"),
            why=_("so that every value can be explained and put right"),
            of=of_party(),
            kept="changes",
            scrub=("values",),
        ),
        Holding(
            PartyMerge,
            what=_("Two records that became one, and what it takes to part them"),
            why=_("so that a mistake can be undone"),
            of=lambda subject: (
                Q(kept_id__in=subject.ids[_PARTY])
                | Q(gone_id__in=subject.ids[_PARTY])
                | Q(pk__in=merges_of_gone(subject.cpf).values("pk"))
            ),
            kept="changes",
            erase=_merges_erase,
            scrub=("gone_name", "gone_rows", "filled"),
        ),
        Holding(
            DataRequest,
            what=_("Requests of those whose data we hold, and our answers"),
            why=_("to show that they were answered"),
            of=lambda subject: Q(pk__in=subject.ids["parties.datarequest"]),
            kept="requests",
            # that somebody asked, and what was done, is told to whoever may ask us; whom it was about is a hash
            erase=lambda rows, _subject: 0,
            scrub=("why", "note"),
            hidden=("sealed",),
        ),
    ]


def _merges_erase(rows: QuerySet[PartyMerge], subject: Subject) -> int:
    for record in merges_of_gone(subject.cpf):
        merge_forget(record)
    return rows.delete()[0]


def _is_answered() -> Q:
    return ~Q(state__in=UNANSWERED)


def _widen(subject: Subject) -> None:
    """The person's own record, and the contacts that lead to nobody else."""
    people = Party.objects.filter(kind="person", cpf_cnpj=subject.cpf) if subject.cpf else Party.objects.none()
    for pk, name in people.values_list("pk", "name"):
        subject.ids[_PARTY].add(pk)
        subject.names.add(name)
    own = _through_merges(subject)
    own |= set(PartyContact.objects.filter(party__in=subject.ids[_PARTY]).values_list("value", flat=True))
    subject.shared = contacts_of_others(subject, own | subject.values)
    subject.values = (subject.values | own) - subject.shared


def contacts_of_others(subject: Subject, values: set[str]) -> set[str]:
    others = PartyContact.objects.filter(value__in=values).exclude(party__in=subject.ids[_PARTY])
    return set(others.exclude(pk__in=subject.ids[_CONTACT]).values_list("value", flat=True))


def _through_merges(subject: Subject) -> set[str]:
    """Whoever went into another record: the contacts they had. The rows of these that the other one has are theirs."""
    values = set[str]()
    for record in merges_of_gone(subject.cpf).filter(undone_at=None):
        subject.names.add(record.gone_name)
        values |= {row["fields"]["value"] for row in record.gone_rows if row["model"] == _CONTACT}
        for link, ids in record.moved.items():
            label = link.rpartition(".")[0]
            if label == _CONTACT or not label.startswith("parties."):
                subject.ids[label] |= set(ids)
    moved = PartyContact.objects.filter(pk__in=subject.ids[_CONTACT])
    return values | set(moved.values_list("value", flat=True))
