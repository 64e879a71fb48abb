"""Examples for the OpenAPI document, of a made-up person."""

from typing import Any

PARTY_ID, RUN_ID = "019d2b6e-7c1a-7c3e-9b1d-3f5a7c9e1b2d", "019d2b6e-8d2b-7d4f-8c2e-4a6b8d0f2c3e"
LEAD_ID = "358f62821dc6cfa7cfbda19e670d6392"
ADDRESS: dict[str, Any] = {
    "street": "R DAS ACACIAS",
    "number": "120",
    "complement": "AP 51",
    "neighborhood": "CENTRO",
    "city": "CAMPINAS",
    "state": "SP",
    "cep": "13010001",
    "is_primary": True,
    "source": "work_api",
}
CUSTOMER: dict[str, Any] = {
    "source": "c2s-enrich",
    "type": "person",
    "personal_info": {
        "cpf": "52998224725",
        "name": "MARINA ALVES PRADO",
        "birth_date": "1984-03-14",
        "gender": "female",
        "mother_name": "LUCIA ALVES",
        "father_name": None,
        "marital_status": "CASADO(A)",
    },
    "contact_info": {
        "emails": [
            {
                "email": "marina.prado@example.com",
                "is_valid": True,
                "is_primary": True,
                "source": "work_api",
                "confidence": 0.8,
            }
        ],
        "phones": [
            {
                "phone": "+5511987654321",
                "ddd": "11",
                "operator": "VIVO",
                "type": "TELEFONE MOVEL",
                "whatsapp": True,
                "is_valid": True,
                "is_primary": True,
                "source": "work_api",
                "confidence": 0.9,
            }
        ],
    },
    "addresses": [ADDRESS],
    "financial_info": {
        "income": "6089.28",
        "income_adjusted": "11569.63",
        "income_range": "1630.00-4082.00",
        "credit_score": 681,
        "risk_level": "BAIXO",
    },
    "companies": [{"cnpj": "11222333000181", "name": "PADARIA EXEMPLO LTDA", "role": "SOCIO-ADMINISTRADOR"}],
    "properties": [],
    "metadata": {
        "party_id": PARTY_ID,
        "enriched": True,
        "enriched_at": "2026-03-26T13:00:02Z",
        "sources": ["cache"],
        "tier": "cache",
        "confidence": 0.7,
        "matches": 1,
        "modules_consulted": ["cpf"],
        "timestamp": "2026-03-27T09:30:00Z",
    },
}
PARTIES = {
    "results": [
        {
            "party_id": PARTY_ID,
            "type": "person",
            "name": "MARINA ALVES PRADO",
            "cpf": "52998224725",
            "city": "CAMPINAS",
            "score": 1.0,
        }
    ],
    "next": None,
}
COMPANY = {
    "cnpj": "11222333000181",
    "legal_name": "PADARIA EXEMPLO LTDA",
    "trade_name": "PADARIA EXEMPLO",
    "size": "ME",
    "industry": "PADARIA E CONFEITARIA",
    "people": [{"party_id": PARTY_ID, "name": "MARINA ALVES PRADO", "role": "SOCIO-ADMINISTRADOR"}],
}
LEAD_SHOWN: dict[str, Any] = {
    "lead_id": LEAD_ID,
    "source": "c2s",
    "customer_name": "Marina Prado",
    "phone": "+5511987654321",
    "email": "marina.prado@example.com",
    "status": "completed",
    "seller": "Joana Corretora",
    "product": "Apartamento no Centro",
    "received_at": "2026-03-26T13:00:00Z",
    "party_id": PARTY_ID,
    "run_id": RUN_ID,
}
RUN = {
    "run_id": RUN_ID,
    "lead_id": LEAD_ID,
    "trigger": "webhook",
    "status": "completed",
    "tier": "provider",
    "confidence": 1.0,
    "same_person": True,
    "message_sent": True,
    "started_at": "2026-03-26T13:00:00Z",
    "finished_at": "2026-03-26T13:00:04Z",
    "error": None,
    "steps": [{"name": "recall", "outcome": "0 of 2 identifiers known", "ms": 6, "tier": None}],
}
LEADS = {"results": [LEAD_SHOWN], "next": None}
LEAD = LEAD_SHOWN | {"run": RUN}
MESSAGES = {
    "results": [
        {
            "id": "019d2b6e-9e3c-7e5a-9d3f-5b7c9e1a3d4f",
            "direction": "in",
            "sender": "Marina Prado",
            "body": "Gostaria de visitar o apartamento.",
            "sent_at": "2026-03-26T13:00:00Z",
        }
    ],
    "next": None,
}
VALIDATION = {
    "results": [
        {
            "phone": {"value": "+5511987654321", "valid": True, "reason": None, "known": True},
            "email": {"value": "marina.prado@example.com", "valid": True, "reason": None, "known": False},
        }
    ]
}
WORK_PROFILE = {
    "DadosBasicos": {"nome": "MARINA ALVES PRADO", "cpf": "52998224725", "dataNascimento": "14/03/1984"},
    "DadosEconomicos": {"renda": "6089,28"},
}
