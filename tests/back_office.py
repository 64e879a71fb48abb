"""Staff who look, and rows to be looked at."""

import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from c2s_enrich.ids import uuid7
from c2s_enrich.models import ApiKey, api_key_make
from c2s_enrich.privacy.models import AccessEntry, RetentionNight
from enrichment.latest import outcomes_keep
from enrichment.models import (
    Alert,
    AlertKind,
    Batch,
    Billed,
    BulkImport,
    CallOutcome,
    Candidate,
    Deed,
    Direction,
    Lead,
    LeadMessage,
    MessageState,
    ProviderCall,
    Run,
    RunState,
    RunStep,
    Tier,
    Trigger,
)
from enrichment.sandbox.digits import with_check_digits
from enrichment.tasks import ring
from parties.disclosure import PERMISSION
from parties.identifiers import CPF
from parties.models import (
    Address,
    Company,
    ContactType,
    DataRequest,
    Kind,
    Party,
    PartyAddress,
    PartyChange,
    PartyContact,
    PartyEnrichment,
    PartyFinances,
    PartyRelationship,
    Person,
    Wish,
)
from parties.requests.deeds import request_take
from webhooks.models import Door, EventState, WebhookEvent

CLEAR = PERMISSION.partition(".")[2]

MESSAGE = "Nome: MARINA\n\n  CPF: {cpf}\nFone: (11) 98765-4321\nref:0123456789abcdef"


def staff(name: str, *codenames: str, may_view: bool = True) -> User:
    """Somebody who may view everything, and what is named besides."""
    user = User.objects.create_user(name, password=None, is_staff=True)
    wanted = Permission.objects.filter(codename__in=codenames)
    if may_view:
        wanted |= Permission.objects.filter(codename__startswith="view_").exclude(codename=CLEAR)
    user.user_permissions.set(wanted)
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    # twice a minute a page view notes that the session is in use: some test that counts queries would meet one
    session = client.session
    session["last_used"] = int(time.time()) + 3600
    session.save()
    return client


def superuser() -> Client:
    return logged_in(User.objects.create_superuser("boss", password=None))


def paint_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gets through and what is asked are settled before a page is put together, which is what takes the time."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    monkeypatch.setattr(admin.site, "each_context", lambda request: {})


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def cpf_of(number: int) -> str:
    return with_check_digits(f"{529982247 + number:09d}")


def phone_of(number: int) -> str:
    return f"+55119{87654321 + number:08d}"


@dataclass
class Rows:
    """One row of everything that the admin shows, all about one lead."""

    number: int = 0
    by_model: dict[type[Model], Any] = field(default_factory=dict)

    def __getitem__(self, model: type[Model]) -> Any:
        return self.by_model[model]

    def keep(self, row: Model) -> Any:
        self.by_model[type(row)] = row
        return row


def rows(number: int = 0) -> Rows:
    made = Rows(number)
    _party(made)
    _lead(made)
    _around(made)
    return made


def _party(made: Rows) -> None:
    party = made.keep(Party.objects.create(kind=Kind.PERSON, cpf_cnpj=cpf_of(made.number), name="MARINA ALVES PRADO"))
    Person.objects.create(party=party, birth_date=date(1984, 3, 14), mother_name="LUCIA ALVES", deceased=False)
    party_contact(made)


def party_contact(made: Rows, suffix: int = 0) -> None:
    """A contact, an address, a company and an enrichment more."""
    party, number = made[Party], made.number * 100 + suffix
    made.keep(
        PartyContact.objects.create(
            party=party,
            contact_type=ContactType.PHONE,
            value=phone_of(number),
            is_primary=suffix == 0,
            source="work_api",
        )
    )
    address = Address.objects.create(street="R DAS ACACIAS", number=str(number), city="CAMPINAS", state="SP")
    PartyAddress.objects.create(party=party, address=address, is_primary=suffix == 0)
    firm = Party.objects.create(kind=Kind.COMPANY, name=f"FIRMA {number}")
    Company.objects.create(party=firm, trade_name=f"FIRMA {number}")
    PartyRelationship.objects.create(from_party=party, to_party=firm, kind="partner", role="SOCIO")
    PartyFinances.objects.update_or_create(party=party, defaults={"income": Decimal("6089.28")})
    PartyEnrichment.objects.create(party=party, provider="work_api", profile={"cpf": party.cpf_cnpj})


def _lead(made: Rows) -> None:
    made.keep(
        Lead.objects.create(
            lead_id=f"lead-{made.number}",
            customer_name="Marina Prado",
            phone="(11) 98765-4321",
            phone_value=phone_of(made.number),
            email="Marina.Prado@example.com",
            email_value="marina.prado@example.com",
            document=cpf_of(made.number),
            seller="Corretora Exemplo",
            party=made[Party],
        )
    )
    lead_run(made)


def lead_run(made: Rows) -> None:
    """A run more, with its steps, candidates, messages, calls and the event that started it."""
    lead, cpf = made[Lead], cpf_of(made.number)
    run = made.keep(
        Run.objects.create(lead=lead, trigger=Trigger.WEBHOOK, state=RunState.COMPLETED, tier=Tier.PROVIDER, attempts=1)
    )
    outcomes_keep([lead.pk])
    RunStep.objects.create(run=run, name="recall", outcome="2 of 2 identifiers known", tier=Tier.CACHE, ms=12)
    Candidate.objects.create(
        run=run,
        cpf=cpf,
        name="MARINA ALVES PRADO",
        score=1,
        reasons=["phone_leads_here", "name_likeness_0.93"],
        chosen=True,
    )
    made.keep(
        LeadMessage.objects.create(
            lead=lead,
            run=run,
            direction=Direction.OUT,
            state=MessageState.SENT,
            body=MESSAGE.format(cpf=f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"),
            fingerprint="ref:0123456789abcdef",
        )
    )
    made.keep(
        ProviderCall.objects.create(
            provider="work_api",
            operation="cpf",
            outcome=CallOutcome.OK,
            ms=40,
            billed=Billed.YES,
            price=1,
            run_id=run.pk,
        )
    )
    made.keep(
        WebhookEvent.objects.create(
            door=Door.C2S,
            external_id=lead.lead_id,
            version=str(uuid7()),
            payload={"customer": {"phone": "(11) 98765-4321", "document": cpf}, "google_key": "a-key-of-the-door"},
            state=EventState.PROCESSED,
            lead=lead,
        )
    )


def _around(made: Rows) -> None:
    made.keep(api_key_make(name=f"key {made.number}", scopes=["lookup"])[0])
    made.keep(Group.objects.create(name=f"group {made.number}"))
    made.keep(User.objects.create(username=f"user-{made.number}"))
    made.keep(Batch.objects.create(deed=Deed.RERUN, total=1))
    made.keep(BulkImport.objects.create(brings="contacts", state="done", file_name=f"people-{made.number}.csv"))
    made[Batch].items.create(lead=made[Lead], state="skipped", why="closed")
    made.keep(request_take(wish=Wish.ACCESS, cpf=CPF(cpf_of(made.number)), why="asked by e-mail", by="officer"))
    made.keep(AccessEntry.objects.create(kind="staff", who="agent", thing="parties.party", party_id=made[Party].pk))
    kind = list(AlertKind)[made.number % len(AlertKind)]
    made.keep(Alert.objects.update_or_create(kind=kind, defaults={"since": timezone.now()})[0])
    made.keep(RetentionNight.objects.create(day=date(2026, 1, 1) + timedelta(days=made.number)))
    PartyChange.objects.create(party=made[Party], cause="staff", by="agent", values={"name": ["MARINA", "MARINA A"]})
    ring([made[Run].pk])
    made.keep(ProcrastinateJob.objects.order_by("-id")[0])


SHOWN = (
    Alert,
    *(AccessEntry, DataRequest, RetentionNight),
    *(ApiKey, Batch, BulkImport, Group, Lead, LeadMessage, Party, PartyContact, ProcrastinateJob),
    *(ProviderCall, Run, User, WebhookEvent),
)
EDITABLE = (Group, User)
