"""The OpenAPI document against the service itself: what it promises holds for whatever is sent.

`SCHEMATHESIS_EXAMPLES=300 make test ARGS=tests/test_schemathesis.py` looks deeper.
"""

import os

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pytest_django import Settings
from schemathesis.checks import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.case import Case
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi.checks import negative_data_rejection
from schemathesis.specs.openapi.schemas import OpenApiSchema

from c2s_enrich import throttling
from c2s_enrich.models import Scope, api_key_make
from c2s_enrich.openapi_words import EXAMPLES
from enrichment.api import examples
from enrichment.sandbox import Sandbox
from tests.enrichment.api.people import marina
from tests.enrichment.leads import run_for
from tests.parties.people import cnpj, cpf
from tests.test_openapi import COMMITTED, CONTRACT
from webhooks import views

Known = dict[str, str]
pytestmark = pytest.mark.django_db(transaction=True)

MOST = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
SECRET, GOOGLE_KEY = "the-right-secret", "the-right-key"
# what no schema can say: a check digit, a placeholder, a lead's id that is somebody else's
ACCEPTED = ["2xx", "400", "401", "403", "404", "409", "422", "429"]
CONFIG = {
    "seed": 1,
    "generation": {
        "max-examples": MOST,
        "deterministic": True,
        "database": "none",
        "with-security-parameters": False,
    },
    "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
}
schemathesis.openapi.format("cpf", st.integers(10**8, 10**9 - 1).map(lambda number: cpf(number).value))
schemathesis.openapi.format("cnpj", st.integers(10**7, 10**8 - 1).map(lambda number: cnpj(number).value))
schemathesis.openapi.format("phone", st.integers(10**7, 10**8 - 1).map(lambda number: f"+55119{number}"))
# as many as asked for here, not as the suite tries everywhere else
patient = settings(max_examples=MOST, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def document() -> OpenApiSchema:
    schema = schemathesis.openapi.from_path(COMMITTED, config=SchemathesisConfig.from_dict(CONFIG))
    schema.app = get_wsgi_application()
    return schema


@pytest.fixture(params=CONTRACT, ids=" ".join)
def operation(request: pytest.FixtureRequest, document: OpenApiSchema) -> OpenApiSchema:
    """The document as if there were one operation: what is sent to it is thought up only where it is sent."""
    method, path = request.param
    return document.include(method=method.upper(), path=path)


@pytest.fixture
def at_once(sandbox: Sandbox, worker_alive: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a worker: there is none."""
    settings.PROCESS_WAIT_SECONDS = 0
    settings.WEBHOOK_SECRETS, settings.GOOGLE_ADS_WEBHOOK_KEYS = [SECRET], [GOOGLE_KEY]
    monkeypatch.setattr(views, "CRM_ID_WITHIN", 0)
    # all of them come from one address
    monkeypatch.setattr(throttling, "MOST_FAILURES", 10**6)


@pytest.fixture
def known(sandbox: Sandbox) -> Known:
    """Whom the examples speak of is on file, under ids of her own."""
    party, run = marina(), run_for(sandbox, examples.LEAD_ID)
    return {examples.PARTY_ID: str(party.pk), examples.RUN_ID: str(run.pk), EXAMPLES["secret"]: SECRET}


@pytest.fixture
def credentials(db: None) -> Known:
    key = api_key_make(name="schemathesis", scopes=Scope.values, rate_per_second=0)[1]
    return {"X-API-Key": key, "X-Webhook-Token": SECRET}


def unsayable(case: Case) -> list[CheckFunction]:
    """No format can say that blank is as good as not given, and that beside a CPF the rest may be anything."""
    mutations = case.meta.phase.data.mutations if case.meta else ()
    blank = "" in (case.query or {}).values()
    negated = {keyword for mutation in mutations for keyword in mutation.keywords}
    return [negative_data_rejection] if blank or negated == {"format"} else []


@pytest.mark.usefixtures("at_once")
def test_strangers_and_who_is_let_in_get_what_the_document_promises(
    operation: OpenApiSchema, known: Known, credentials: Known
) -> None:
    """One after the other: to think up what is sent takes longer than to answer it."""

    def both(case: Case) -> None:
        case.call_and_validate()
        case.path_parameters = {name: known.get(value, value) for name, value in (case.path_parameters or {}).items()}
        google = {"google_key": GOOGLE_KEY} if case.path.endswith("google-ads") else None
        case.call_and_validate(headers=credentials, params=google, excluded_checks=unsayable(case))

    # the library's own way collects all operations under one name, of which pytest-xdist then runs one
    (found,) = get_all_tests(schema=operation, test_func=both, settings=patient, given_kwargs=None)
    _, asked = found.ok()
    asked()
