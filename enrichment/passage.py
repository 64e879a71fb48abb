"""What one run carries from step to step, and how each step is timed and noted."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from c2s_enrich import tracing
from enrichment.choose import Choice, Verdict
from enrichment.identity import Identity
from enrichment.message import Found
from enrichment.models import Lead, Run, RunState, RunStep, Tier
from enrichment.providers.errors import ProviderError, RateLimited, Withheld
from enrichment.runs import is_last_attempt
from enrichment.tiers import Answer
from parties.identifiers import Identifier
from parties.record import Record


class Ended(Exception):
    """The run is over before its last step."""

    def __init__(self, state: RunState, why: str) -> None:
        super().__init__(why)
        self.state, self.why = state, why


@dataclass(slots=True)
class Passage:
    run: Run
    lead: Lead
    identity: Identity = field(default_factory=Identity)
    answers: dict[Identifier, Answer] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=Verdict)
    fetched: dict[str, Record | None] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    text: str = ""
    missing: list[str] = field(default_factory=list)
    steps: list[RunStep] = field(default_factory=list)
    outcome: str = ""
    tier: str = ""

    def note(self, outcome: str, tier: str = "") -> None:
        self.outcome, self.tier = outcome, tier

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        with tracing.span(f"step {name}") as span:
            try:
                with self._timed(name):
                    yield
            finally:
                span.note(outcome=self.outcome, tier=self.tier)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        self.note("done")
        try:
            yield
        except ProviderError as error:
            self.note(str(error))
            raise
        except Ended as ended:
            self.note(ended.why)
            raise
        finally:
            self.steps.append(
                RunStep(
                    run_id=self.run.pk,
                    attempt=self.run.attempts,
                    name=name,
                    outcome=self.outcome[:60],
                    tier=self.tier,
                    ms=round((time.perf_counter() - started) * 1000),
                )
            )

    def tolerate(self, error: ProviderError, missing: str) -> None:
        """Go on without this answer where trying again is no use; else let the run wait."""
        waiting_is_free = isinstance(error, RateLimited | Withheld)
        if waiting_is_free or not (error.permanent or is_last_attempt(self.run)):
            raise error
        self.missing.append(missing)

    @property
    def slowest_tier(self) -> str:
        """The dearest tier that had a part in the answer."""
        used = {step.tier for step in self.steps}
        return next((t for t in (Tier.PROVIDER, Tier.DATABASE, Tier.CACHE) if t in used), "")

    @property
    def chosen(self) -> tuple[Choice, ...]:
        return self.verdict.chosen
