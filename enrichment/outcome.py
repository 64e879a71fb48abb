"""What a run came to, as those are told who asked for it."""

import re
from dataclasses import dataclass, field
from uuid import UUID

from enrichment.models import Candidate, Run, RunState, Source
from enrichment.models.run import OPEN_STATES
from enrichment.providers.errors import TOO_SLOW
from enrichment.providers.names import NAMES
from enrichment.steps import CLOSED, FORGOTTEN, NO_CONTACT, NOBODY_ASKED, TEST_LEAD, UNKNOWN_TO_THE_CRM
from parties.models import Party

FILED = (RunState.COMPLETED, RunState.PARTIAL, RunState.NEEDS_REVIEW)
_BY_PROVIDER = re.compile(rf"({'|'.join(NAMES)}): (.*)")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is nothing, with the status and the word for those who go by them."""

    status: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    run: Run
    cpfs: list[str] = field(default_factory=list)
    enriched_cpfs: list[str] = field(default_factory=list)
    party_ids: list[UUID] = field(default_factory=list)
    name: str = ""
    problem: Problem | None = None

    @property
    def is_open(self) -> bool:
        return self.run.state in OPEN_STATES

    @property
    def sentence(self) -> str:
        if self.problem is not None:
            return self.problem.sentence
        if self.is_open:
            return f"The lead is {self.run.state}: the enrichment goes on, and {self._where_to_hear}."
        return f"The lead was enriched: {_people(len(self.party_ids))} stored.{_REMARKS.get(self.run.state, '')}"

    @property
    def _where_to_hear(self) -> str:
        if self.run.lead.source == Source.REST:
            return f"/api/v1/runs/{self.run.pk} tells when it is done"
        return "C2S is told when it is done"


def outcome_of(run: Run) -> Outcome:
    if run.state not in FILED:
        return Outcome(run, name=run.lead.customer_name, problem=None if run.state in OPEN_STATES else problem_of(run))
    cpfs = list(Candidate.objects.filter(run=run, chosen=True).order_by("-score", "cpf").values_list("cpf", flat=True))
    known = {party.cpf_cnpj or "": party for party in Party.objects.filter(cpf_cnpj__in=cpfs)}
    parties = [known[cpf] for cpf in cpfs if cpf in known]
    return Outcome(
        run,
        cpfs=cpfs,
        enriched_cpfs=[party.cpf_cnpj or "" for party in parties if party.enriched],
        party_ids=[party.pk for party in parties],
        name=run.lead.customer_name or next((party.name for party in parties), ""),
    )


def problem_of(run: Run) -> Problem:
    if run.state == RunState.NOT_FOUND:
        return Problem(404, "nobody_known", "Nobody is known behind this lead's phone or e-mail.")
    known = next((problem for why, problem in _PROBLEMS.items() if run.error.startswith(why)), None)
    if known is not None:
        return known
    if found := _BY_PROVIDER.match(run.error):
        return _of_provider(found[1], found[2])
    return Problem(500, "server_error", f"Something went wrong on our side with this lead (run {run.pk}).")


def _of_provider(provider: str, what: str) -> Problem:
    name = NAMES[provider]
    if what == TOO_SLOW:
        return Problem(504, "provider_too_slow", f"{name} did not answer in time: try again later.")
    return Problem(502, "provider_failed", f"{name} did not answer as it should: try again later.")


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


_REMARKS = {
    RunState.PARTIAL.value: " Some sources did not answer, so something is missing.",
    RunState.NEEDS_REVIEW.value: " Somebody should look at it: it is not certain that this is who wrote.",
}
_PROBLEMS = {
    CLOSED: Problem(422, "lead_closed", "The lead is closed in C2S, so nothing was done."),
    FORGOTTEN: Problem(422, "person_forgotten", "The person asked to be forgotten, so nothing was done."),
    NO_CONTACT: Problem(422, "no_contact", "The lead has no phone, e-mail or CPF that leads to anybody."),
    TEST_LEAD: Problem(422, "test_lead", "This is a test lead: nobody is asked or told about it."),
    UNKNOWN_TO_THE_CRM: Problem(404, "unknown_lead", "C2S knows no lead with this id: check the id that was sent."),
    NOBODY_ASKED: Problem(502, "provider_failed", "Diretrix did not answer as it should: try again later."),
}
