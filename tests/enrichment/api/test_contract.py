"""What we answer has exactly the fields and types that the contract names."""

from typing import Any

import pytest

from enrichment.sandbox import Sandbox
from parties.models import Party
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.people import MARINA, MARINAS_CNPJ, marina, plain_person
from tests.enrichment.leads import run_for
from tests.parties.people import cpf

pytestmark = pytest.mark.django_db

TEXT, OPTIONAL = (str,), (str, type(None))
NUMBER = (float, int, type(None))

CUSTOMER: dict[str, Any] = {
    "source": TEXT,
    "type": TEXT,
    "personal_info": {
        "cpf": OPTIONAL,
        "name": OPTIONAL,
        "birth_date": OPTIONAL,
        "gender": OPTIONAL,
        "mother_name": OPTIONAL,
        "father_name": OPTIONAL,
        "marital_status": OPTIONAL,
    },
    "contact_info": {
        "emails": [{"email": TEXT, "is_valid": bool, "is_primary": bool, "source": OPTIONAL, "confidence": NUMBER}],
        "phones": [
            {
                "phone": TEXT,
                "ddd": OPTIONAL,
                "operator": OPTIONAL,
                "type": OPTIONAL,
                "whatsapp": (bool, type(None)),
                "is_valid": bool,
                "is_primary": bool,
                "source": OPTIONAL,
                "confidence": NUMBER,
            }
        ],
    },
    "addresses": [
        dict.fromkeys(("street", "number", "complement", "neighborhood", "city", "state", "cep", "source"), OPTIONAL)
        | {"is_primary": bool}
    ],
    "financial_info": {
        "income": OPTIONAL,
        "income_adjusted": OPTIONAL,
        "income_range": OPTIONAL,
        "credit_score": (int, type(None)),
        "risk_level": OPTIONAL,
    },
    "companies": [{"cnpj": OPTIONAL, "name": OPTIONAL, "role": OPTIONAL}],
    "properties": list,
    "metadata": {
        "party_id": TEXT,
        "enriched": bool,
        "enriched_at": OPTIONAL,
        "sources": list,
        "tier": TEXT,
        "confidence": NUMBER,
        "matches": int,
        "modules_consulted": list,
        "timestamp": TEXT,
    },
}
RUN: dict[str, Any] = {
    "run_id": TEXT,
    "lead_id": TEXT,
    "trigger": TEXT,
    "status": TEXT,
    "tier": OPTIONAL,
    "confidence": NUMBER,
    "same_person": (bool, type(None)),
    "message_sent": bool,
    "started_at": OPTIONAL,
    "finished_at": OPTIONAL,
    "error": OPTIONAL,
    "steps": [{"name": TEXT, "outcome": TEXT, "ms": int, "tier": OPTIONAL}],
}
LEAD: dict[str, Any] = {
    "lead_id": TEXT,
    "source": TEXT,
    "customer_name": TEXT,
    "phone": OPTIONAL,
    "email": OPTIONAL,
    "status": OPTIONAL,
    "seller": TEXT,
    "product": TEXT,
    "received_at": TEXT,
    "party_id": OPTIONAL,
    "run_id": OPTIONAL,
}
MESSAGE = dict.fromkeys(("id", "direction", "sender", "body", "sent_at"), TEXT)
PARTY = {"party_id": TEXT, "type": TEXT, "name": TEXT, "cpf": OPTIONAL, "city": OPTIONAL, "score": NUMBER}
COMPANY: dict[str, Any] = {
    "cnpj": TEXT,
    "legal_name": OPTIONAL,
    "trade_name": OPTIONAL,
    "size": OPTIONAL,
    "industry": OPTIONAL,
    "people": [{"party_id": TEXT, "name": TEXT, "role": OPTIONAL}],
}


def check(value: Any, shape: Any, where: str = "answer") -> None:
    if isinstance(shape, dict):
        assert set(value) == set(shape), where
        for name, inner in shape.items():
            check(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            check(item, shape[0], f"{where}[]")
    else:
        assert isinstance(value, shape), where


def test_a_customer_has_the_fields_of_the_contract(agent: Caller) -> None:
    marina()
    told = agent.get("contributor/customer", cpf=MARINA.value).json()
    check(told, CUSTOMER)
    assert told["contact_info"]["phones"]
    assert told["properties"][0]["assessed_value"] == "350000.00"


def test_of_somebody_hardly_known_the_unknown_is_null_or_empty(agent: Caller) -> None:
    plain_person(cpf())
    Party.objects.update(name="", folded_name="")
    told = agent.get("contributor/customer", cpf=cpf().value).json()
    check(told, CUSTOMER | {"financial_info": type(None)})
    assert told["personal_info"]["name"] is None
    assert (told["addresses"], told["companies"], told["properties"]) == ([], [], [])


def test_lists_and_single_things_have_the_fields_of_the_contract(agent: Caller, sandbox: Sandbox) -> None:
    marina()
    run = run_for(sandbox, messages=[{"sender": "Marina", "body": "Olá", "created_at": "2026-01-02T10:00:00Z"}])
    check(agent.get("leads").json(), {"results": [LEAD], "next": OPTIONAL})
    check(agent.get("leads/lead-1").json(), LEAD | {"run": RUN})
    check(agent.get(f"runs/{run.pk}").json(), RUN)
    check(agent.get("leads/lead-1/messages").json(), {"results": [MESSAGE], "next": OPTIONAL})
    check(agent.get("parties", name="marina").json(), {"results": [PARTY], "next": OPTIONAL})
    check(agent.get(f"companies/{MARINAS_CNPJ}").json(), COMPANY)
