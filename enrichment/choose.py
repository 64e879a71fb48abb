"""Step 4: who of all these people is the lead? One person, two different ones, or nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from django.conf import settings

from enrichment.memory import Entry, document_of
from parties.identifiers import CPF, Email, Identifier, Phone
from parties.names import similarity, tokens
from parties.record import Record

SEVERAL, CORRECTED = "several people are behind this contact", "the phone was corrected and no name confirms it"

_UNKNOWN_AGE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody whom the lead might be."""

    cpf: str
    name: str
    by_phone: bool = False
    by_email: bool = False
    by_document: bool = False
    likeness: float | None = None
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    record: Record | None = None
    # why one contact alone does not tell who it is, should there be no name to compare
    doubt: str = ""

    @property
    def document(self) -> CPF:
        """Only checked documents become choices, so no need to check again."""
        return CPF(self.cpf)

    @property
    def is_mismatch(self) -> bool:
        return self.likeness is not None and self.likeness < settings.NAME_MATCH_MIN


@dataclass(frozen=True, slots=True)
class Verdict:
    """`chosen` holds one person, two different ones, or nobody; `ranked` everyone considered, best first."""

    chosen: tuple[Choice, ...] = ()
    ranked: tuple[Choice, ...] = ()
    same_person: bool | None = None

    @property
    def is_conflict(self) -> bool:
        return len(self.chosen) > 1

    @property
    def confidence(self) -> Decimal | None:
        return Decimal(str(round(self.chosen[0].confidence, 2))) if self.chosen else None


@dataclass(slots=True)
class _Evidence:
    """Who is behind which identifier."""

    names: dict[str, str] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    behind: dict[str, set[str]] = field(default_factory=lambda: {"phone": set(), "email": set(), "cpf": set()})
    is_phone_corrected: bool = False

    def weighs(self, kind: str) -> bool:
        """A contact of an agency, or a placeholder, says nothing about who somebody is."""
        return 0 < len(self.behind[kind]) <= settings.SHARED_CONTACT_MAX

    def contradicts(self, kind: str, cpf: str) -> bool:
        return self.weighs(kind) and cpf not in self.behind[kind]


def choose(*, name: str, entries: Mapping[Identifier, Entry]) -> Verdict:
    """Rank everyone whom the identifiers lead to against each other and the lead's name."""
    evidence = _gather(entries)
    ranked = sorted((_weighed(cpf, name, evidence) for cpf in evidence.names), key=_rank)
    # behind a shared contact alone, only a matching name makes somebody a candidate
    eligible = [c for c in ranked if c.by_document or _has_weight(c, evidence) or (c.likeness or 0) >= 0.5]
    if not eligible:
        return Verdict(ranked=tuple(ranked))
    best = eligible[0]
    if best.by_document:
        return Verdict((best,), tuple(ranked), same_person=_both_agree(best, evidence))
    rival = _rival(best, eligible, evidence)
    if rival is not None:
        return Verdict(_pair(best, rival), tuple(ranked), same_person=False)
    return Verdict((best,), tuple(ranked), same_person=_both_agree(best, evidence))


def rejudged(choice: Choice, *, name: str, true_name: str) -> Choice:
    """Once the profile has told the real name, the likeness counts that one."""
    return replace(choice, likeness=_likeness(name, true_name), name=true_name or choice.name)


def vouched(verdict: Verdict) -> Verdict:
    """Staff said who it is: a decision, and no document that the lead gave."""
    said = {"document_given": "chosen_by_staff"}
    decided = [
        replace(c, confidence=1.0, reasons=tuple(said.get(r, r) for r in c.reasons)) if c.by_document else c
        for c in verdict.ranked
    ]
    return replace(verdict, chosen=tuple(c for c in decided if c.by_document), ranked=tuple(decided))


def _gather(entries: Mapping[Identifier, Entry]) -> _Evidence:
    evidence = _Evidence()
    for identifier, entry in entries.items():
        behind = evidence.behind[_kind(identifier)]
        evidence.is_phone_corrected |= isinstance(identifier, Phone) and identifier.is_corrected
        for record in entry.records:
            cpf = document_of(record)
            if cpf is not None:
                evidence.names[cpf.value] = record.name
                evidence.records[cpf.value] = record
                behind.add(cpf.value)
        for person in entry.people:
            evidence.names.setdefault(person.cpf, person.name)
            behind.add(person.cpf)
        if isinstance(identifier, CPF):
            # a CPF that the lead gave itself stands for a person even if nobody has heard of them
            evidence.names.setdefault(identifier.value, "")
            behind.add(identifier.value)
    return evidence


def _kind(identifier: Identifier) -> str:
    if isinstance(identifier, Phone):
        return "phone"
    return "email" if isinstance(identifier, Email) else "cpf"


def _weighed(cpf: str, name: str, evidence: _Evidence) -> Choice:
    by = {kind: cpf in people for kind, people in evidence.behind.items()}
    weighing = sum(by[kind] and evidence.weighs(kind) for kind in ("phone", "email"))
    likeness = _likeness(name, evidence.names[cpf])
    return Choice(
        cpf=cpf,
        name=evidence.names[cpf],
        by_phone=by["phone"],
        by_email=by["email"],
        by_document=by["cpf"],
        likeness=likeness,
        confidence=_confidence(by["cpf"], weighing, likeness, len(evidence.names)),
        reasons=tuple(_reasons(by, likeness, evidence)),
        record=evidence.records.get(cpf),
        doubt=_doubt(by, evidence),
    )


def _doubt(by: Mapping[str, bool], evidence: _Evidence) -> str:
    if by["cpf"] or (by["phone"] and by["email"]):
        return ""
    if any(by[kind] and len(evidence.behind[kind]) > 1 for kind in ("phone", "email")):
        return SEVERAL
    return CORRECTED if by["phone"] and evidence.is_phone_corrected else ""


def _confidence(by_document: bool, weighing: int, likeness: float | None, rivals: int) -> float:
    """A document outweighs all; both contacts agreeing are worth half; the name decides the rest."""
    if by_document:
        return 1.0 if likeness is None or likeness >= settings.NAME_MATCH_MIN else 0.8
    if likeness is None:
        return {2: 0.9, 1: 0.6 / rivals + 0.1, 0: 0.1}[weighing]
    return {2: 0.5 + 0.5 * likeness, 1: 0.05 + 0.9 * likeness, 0: 0.5 * likeness}[weighing]


def _reasons(by: Mapping[str, bool], likeness: float | None, evidence: _Evidence) -> Iterable[str]:
    if by["cpf"]:
        yield "document_given"
    for kind in ("phone", "email"):
        if by[kind]:
            yield f"{kind}_leads_here" if evidence.weighs(kind) else f"{kind}_is_shared"
        elif evidence.weighs(kind):
            yield f"{kind}_leads_elsewhere"
    yield "no_name_to_compare" if likeness is None else f"name_likeness_{likeness:.2f}"


def _likeness(name: str, other: str) -> float | None:
    """None where there is nothing to compare: no name, or a phone number typed in its place."""
    return similarity(name, other) if tokens(name) and tokens(other) else None


def _rank(choice: Choice) -> tuple[object, ...]:
    """Best first; among equals the one last confirmed, then a fixed order so that every run agrees."""
    seen = choice.record.enriched_at if choice.record and choice.record.enriched_at else _UNKNOWN_AGE
    return (
        not choice.by_document,
        -choice.confidence,
        -seen.timestamp() if seen > _UNKNOWN_AGE else 0,
        choice.cpf,
    )


def _has_weight(choice: Choice, evidence: _Evidence) -> bool:
    return (choice.by_phone and evidence.weighs("phone")) or (choice.by_email and evidence.weighs("email"))


def _rival(best: Choice, eligible: list[Choice], evidence: _Evidence) -> Choice | None:
    """The best of those behind the contact that does not lead to `best`, if it leads anywhere."""
    for kind in ("phone", "email"):
        if evidence.contradicts(kind, best.cpf):
            return next((c for c in eligible if c.cpf in evidence.behind[kind]), None)
    return None


def _pair(one: Choice, other: Choice) -> tuple[Choice, Choice]:
    """Of two who score alike the phone's comes first: by age they would swap with every run, and so would the text."""
    first, second = sorted((one, other), key=lambda c: (-c.confidence, not c.by_phone, c.cpf))
    return first, second


def _both_agree(best: Choice, evidence: _Evidence) -> bool | None:
    """True only when phone and e-mail both lead to this person; None when one of them says nothing."""
    return True if best.by_phone and best.by_email else None
