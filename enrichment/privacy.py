"""What this room holds of people, how long, and what becomes of it when somebody is forgotten."""

from collections.abc import Callable, Iterable
from functools import partial

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from c2s_enrich import sealed_cache
from c2s_enrich.privacy.registry import Derived, Holding, derive, hold, holds_nobody, widens
from c2s_enrich.privacy.retention import Rule, keep
from c2s_enrich.privacy.subject import Subject
from enrichment.analytics.refreshing import renewed_without, rows_of_nobody
from enrichment.analytics.views import LEAD_STAR, PARTY_ANALYTICS
from enrichment.bulk.importing import files_drop
from enrichment.forgotten import erased_id
from enrichment.memory import kind_of
from enrichment.models import (
    AlertNews,
    BatchItem,
    BulkImport,
    BulkParty,
    BulkRefusal,
    Candidate,
    CreationState,
    CrmCreation,
    Decision,
    Direction,
    Discovery,
    Lead,
    LeadMessage,
    ProviderCall,
    Run,
    RunStep,
)
from enrichment.models.bulk import HAS_FILE
from enrichment.models.run import OPEN_STATES
from parties.identifiers import CPF, Identifier, Refused, phone_or_email
from parties.plain_text import digits_of
from parties.privacy import contacts_of_others

_LEAD, _PARTY = "enrichment.lead", "parties.party"
_ANSWER = _("to answer the lead")
_RUNS = _("so that it can be seen what was done about a lead, and why")
_BLANK = (
    *("customer_name", "phone", "phone2", "email", "document", "chosen_cpf", "phone_value", "email_value"),
    "crm_id",
)


def register() -> None:
    widens("enrichment", _widen)
    hold(*_holdings())
    holds_nobody(_NOBODY)
    derive(
        *(
            Derived(view.name, what, partial(renewed_without, view), partial(rows_of_nobody, view))
            for view, what in _RECKONED.items()
        )
    )
    keep(
        Rule("messages", _("Words of conversations, heard and said"), LeadMessage),
        Rule("runs", _("Runs, with their steps and candidates"), Run, only=lambda: ~Q(state__in=OPEN_STATES)),
        Rule("calls", _("Calls to providers"), ProviderCall),
        Rule("answers", _("Whom a contact led to, as a provider told"), Discovery, moment="asked_at"),
        Rule("leads", _("Leads, with all that belongs to them"), Lead),
        Rule("imports", _("Imports of files, with the rows that were refused"), BulkImport, only=_is_ended),
    )


_RECKONED = {
    PARTY_ANALYTICS: "bands, counts and qualities per person or company, without a name",
    LEAD_STAR: "what came of each lead and what it cost, without a name",
}


def _is_ended() -> Q:
    return ~Q(state__in=HAS_FILE) & Q(is_enriching=False)


def _of_lead(prefix: str = "lead") -> Callable[[Subject], Q]:
    return lambda subject: Q(**{f"{prefix}__in": subject.ids[_LEAD]})


def _holdings() -> list[Holding]:
    return [
        Holding(
            Lead,
            what=_("Leads: name, phones, e-mail and CPF as typed, what they asked about"),
            why=_ANSWER,
            of=lambda subject: Q(pk__in=subject.ids[_LEAD]),
            kept="leads",
            erase=leads_blank,
            # somebody else may have typed the number too, in the second place
            scrub=(
                *("details", "customer_name", "phone", "phone2", "email", "document"),
                *("product", "seller", "lead_source", "crm_status"),
            ),
        ),
        Holding(
            Run,
            what=_("What was done about a lead, when, and how it ended"),
            why=_RUNS,
            of=_of_lead(),
            kept="runs",
            # figures are added up from these rows, and there is nobody in them
            erase=lambda _rows, _subject: 0,
            scrub=("error", "request_id"),
        ),
        Holding(RunStep, what=_("The steps of a run"), why=_RUNS, of=_of_lead("run__lead"), goes_with="enrichment.run"),
        Holding(
            Candidate,
            what=_("Whom a lead might be: CPF, name, how likely"),
            why=_("so that staff can see and mend whom the service chose"),
            of=lambda subject: _of_lead("run__lead")(subject) | Q(cpf=subject.cpf),
            kept="runs",
        ),
        Holding(
            LeadMessage,
            what=_("What was said in a lead's conversation, by the customer and by us"),
            why=_ANSWER,
            of=_of_lead(),
            kept="messages",
            # that something was said stays, for nothing is to be said twice
            erase=_words_erase,
            scrub=("body", "sender"),
        ),
        Holding(
            Decision,
            what=_("What staff decided about a lead"),
            why=_RUNS,
            of=lambda subject: _of_lead()(subject) | Q(cpf=subject.cpf),
            erase=lambda rows, _subject: rows.exclude(cpf="").delete()[0],
        ),
        Holding(
            BatchItem,
            what=_("Leads of a batch, and what became of them"),
            why=_RUNS,
            of=_of_lead(),
            erase=lambda rows, _subject: rows.update(why=""),
            scrub=("why",),
        ),
        Holding(
            CrmCreation,
            what=_("Leads that the CRM is to get from us"),
            why=_ANSWER,
            of=_of_lead(),
            erase=lambda rows, _subject: rows.exclude(state=CreationState.CREATED).delete()[0],
            scrub=("error",),
        ),
        Holding(
            AlertNews,
            what=_("That a lead was given up, or is of high value"),
            why=_("so that staff hear of it"),
            of=_of_lead(),
            goes_with="enrichment.lead",
        ),
        Holding(
            Discovery,
            what=_("Whom a phone or an e-mail led to, as the provider told"),
            why=_("so that nobody is asked and paid twice"),
            of=_answers_about,
            kept="answers",
            erase=_answers_erase,
            hidden=("identifier_hash", "sealed"),
        ),
        Holding(
            BulkImport,
            what=_("Imports of files: the name of a file, its headings, and how many rows came in"),
            why=_("so that it can be told who came by which file"),
            of=lambda _subject: Q(pk__in=[]),
            kept="imports",
            erase=lambda _rows, _subject: 0,
            scrub=("file_name",),
        ),
        Holding(
            BulkRefusal,
            what=_("Rows of files that did not come in, with the reasons"),
            why=_("so that they can be put right and brought in"),
            of=_rows_about,
            kept="imports",
            erase=_rows_erase,
        ),
        Holding(
            BulkParty,
            what=_("Who came in with a file"),
            why=_("so that they can be enriched together"),
            of=lambda subject: Q(party_id__in=subject.ids[_PARTY]),
            kept="imports",
        ),
    ]


def _words_erase(rows: QuerySet[LeadMessage], subject: Subject) -> int:
    """Our own words about two people go whole: birth date, parents and income stand there beside the identifiers."""
    own = rows.update(body="", sender="")
    of_two = LeadMessage.objects.filter(direction=Direction.OUT, body__regex=subject.pattern or r"(?!)")
    return own + of_two.update(body="", sender="")


def _rows_erase(rows: QuerySet[BulkRefusal], _subject: Subject) -> int:
    files_drop()
    return rows.delete()[0]


def _rows_about(subject: Subject) -> Q:
    found = BulkRefusal.objects.alias(text=Cast("cells", TextField())).filter(text__regex=subject.pattern or r"(?!)")
    return Q(pk__in=found.values("pk"))


def leads_blank(leads: QuerySet[Lead], _subject: Subject) -> int:
    """A lead without anybody in it stays: it is counted, and known again should the CRM tell of it once more."""
    found = list(leads)
    for lead in found:
        taken = Lead.objects.filter(lead_id=erased_id(lead.lead_id)).exclude(pk=lead.pk)
        if taken.exists():
            lead.delete()
            continue
        lead.lead_id, lead.details, lead.party = erased_id(lead.lead_id), {}, None
        for name in _BLANK:
            setattr(lead, name, "")
        lead.save(update_fields=["lead_id", "details", "party", *_BLANK, "updated_at"])
    return len(found)


def _answers_about(subject: Subject) -> Q:
    hashes = [digest for i in _identifiers(subject) for digest in sealed_cache.identifier_hashes(kind_of(i), i.value)]
    return Q(identifier_hash__in=hashes) | Q(people__contains=[{"cpf": subject.cpf}])


def _answers_erase(rows: QuerySet[Discovery], subject: Subject) -> int:
    """Out of an answer about others' contact the person alone is taken: nobody pays for it again."""
    hashes = [digest for i in _identifiers(subject) for digest in sealed_cache.identifier_hashes(kind_of(i), i.value)]
    own = rows.filter(identifier_hash__in=hashes).delete()[0]
    shared = list(rows)
    for row in shared:
        row.people = [person for person in row.people if person["cpf"] != subject.cpf]
    Discovery.objects.bulk_update(shared, ["people"])
    return own + len(shared)


def _identifiers(subject: Subject) -> Iterable[Identifier]:
    parsed = [phone_or_email(value) for value in subject.values]
    return [p for p in [*parsed, CPF.parse(subject.cpf)] if not isinstance(p, Refused)]


def _widen(subject: Subject) -> None:
    """The leads that turned out to be the person, or were of nobody else; and the contacts that they gave."""
    leads = Lead.objects.filter(_theirs(subject))
    for lead in leads:
        subject.ids[_LEAD].add(lead.pk)
        subject.names.add(lead.customer_name)
        subject.lead_ids |= {given for given in (lead.lead_id, lead.crm_id) if given}
        subject.values |= {value for value in (lead.phone_value, lead.email_value) if value}
    subject.shared |= _of_others(subject)
    subject.values -= subject.shared


def _theirs(subject: Subject) -> Q:
    written = Lead.objects.exclude(document="").alias(digits=digits_of("document")).filter(digits=subject.cpf)
    names = {*subject.lead_ids, *(erased_id(lead_id) for lead_id in subject.lead_ids)}
    told = Q(phone_value__in=subject.values) | Q(email_value__in=subject.values)
    found = Q(party__in=subject.ids[_PARTY]) | (Q(party=None) & told) | Q(lead_id__in=names)
    return found | Q(chosen_cpf=subject.cpf) | Q(pk__in=written.values("pk")) if subject.cpf else found


def _of_others(subject: Subject) -> set[str]:
    leads = Lead.objects.exclude(pk__in=subject.ids[_LEAD]).exclude(party=None)
    by_phone = leads.filter(phone_value__in=subject.values).values_list("phone_value", flat=True)
    by_email = leads.filter(email_value__in=subject.values).values_list("email_value", flat=True)
    return {*contacts_of_others(subject, subject.values), *by_phone, *by_email}


_NOBODY = {
    "enrichment.alert": "how it stands with one kind of trouble",
    "enrichment.alertnotice": "what was told of it; of leads their keys alone",
    "enrichment.alertreading": "sums",
    "enrichment.batch": "which deed, by whom of staff, how many leads",
    "enrichment.bulkchunk": "sealed pieces of a file until it has come in; an erasure drops those that wait",
    "enrichment.flight": "keyed hashes, for the length of one call",
    "enrichment.hourlyfigures": "sums",
    "enrichment.providercall": "which provider was asked what kind of question, and what it cost",
    "enrichment.providergate": "what processes agree on before they call",
    "enrichment.providerslot": "a note that lives for one call",
    "enrichment.providerspend": "sums of money",
    "enrichment.watermark": "how far the sweeps have read",
}
