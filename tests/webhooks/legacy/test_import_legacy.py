import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from c2s_enrich.privacy import suppression
from enrichment.models import Lead, Run
from enrichment.providers.work_api.schemas import profile_stored
from parties.models import (
    Address,
    Kind,
    Party,
    PartyAddress,
    PartyContact,
    PartyEnrichment,
    PartyRelationship,
    PropertyOwnership,
)
from parties.record import known_by_contacts
from tests import nursery
from tests.web_server import database_url
from tests.webhooks.legacy.predecessor import NOW, World, database, fill
from webhooks.legacy import importing
from webhooks.models import LegacyImport, WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def legacy() -> Iterator[str]:
    with database() as dsn:
        yield dsn


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few hundred rows cross many of them."""
    monkeypatch.setattr(importing, "PARTS", tuple(part._replace(at_once=97) for part in importing.PARTS))


def bring_in(dsn: str, folder: Path, **options: Any) -> str:
    told = StringIO()
    call_command("import_legacy", dsn=dsn, refused=folder / "refused.tsv", stdout=told, **options)
    return told.getvalue()


def check(world: World, folder: Path) -> None:
    """Row by row against what the dirt was made from."""
    people = Party.objects.select_related("person")
    found = {
        (p.pk, p.kind, p.cpf_cnpj, p.name, *(_of_person(p) if p.kind == Kind.PERSON else (None, None, None)))
        for p in people
    }
    assert found == world.expected.parties
    contacts = PartyContact.objects.values_list("party_id", "contact_type", "value", "is_primary", "is_verified")
    assert set(contacts) == world.expected.contacts
    assert contacts.count() == len(world.expected.contacts)
    homes = PartyAddress.objects.values_list("party_id", "address__number", "address__cep", "is_primary")
    assert set(homes) == world.expected.homes
    assert Address.objects.count() == len({home[1] for home in world.expected.homes}), "a place is there twice"
    owned = PropertyOwnership.objects.values_list("party_id", "property__iptu_number", "share")
    assert {(party, iptu, str(share)) for party, iptu, share in owned} == world.expected.owned
    ties = PartyRelationship.objects.values_list("from_party_id", "to_party_id", "kind", "role")
    assert set(ties) == world.expected.ties
    _check_learnt(world)
    lines = [line.split("\t") for line in (folder / "refused.tsv").read_text().splitlines()]
    assert {(key, why) for _, key, why in lines} == world.expected.refused
    assert len(lines) == len(world.expected.refused)


def _of_person(party: Party) -> tuple[str, str | None, str]:
    person = party.person
    return person.mother_name, person.birth_date.isoformat() if person.birth_date else None, person.sex


def _check_learnt(world: World) -> None:
    learnt = list(PartyEnrichment.objects.select_related("party__finances", "party__person"))
    by_party = {one.party_id: one for one in learnt}
    assert by_party.keys() == world.expected.enriched.keys()
    assert len(learnt) == sum(world.expected.enriched.values())
    assert {p.pk for p in Party.objects.filter(enriched=True)} == by_party.keys()
    for number, human in enumerate(world.humans):
        one = by_party[human.ids[0]]
        assert "SEGREDO" not in str(one.profile)
        assert profile_stored(one.profile) is not None
        assert str(one.party.finances.income) == f"{1000 + number}.50"
        assert one.party.person.marital_status == "Casado(a)"


def test_a_dirty_database_comes_in_clean_row_by_row(legacy: str, tmp_path: Path, small_chunks: None) -> None:
    world = World(people=240)
    fill(legacy, world.rows)
    told = bring_in(legacy, tmp_path)
    check(world, tmp_path)
    assert f"{len(world.rows['core.parties']):,} read" in told
    # what came in is found like anything else
    assert known_by_contacts([world.humans[5].phones[0]])[0].record.name == world.humans[5].name
    # again: nothing is new, and nothing is doubled, not even when all is looked at
    bring_in(legacy, tmp_path)
    assert LegacyImport.objects.order_by("-id")[0].counts["parties"]["written"] == 0
    (tmp_path / "refused.tsv").unlink()
    bring_in(legacy, tmp_path, everything=True)
    check(world, tmp_path)


def test_an_import_that_is_killed_in_the_middle_goes_on_to_the_same_end(
    legacy: str, tmp_path: Path, small_chunks: None
) -> None:
    world = World(people=240)
    fill(legacy, world.rows)
    env = os.environ | {"DB_URL": database_url(), "DATABASE_URL": ""}
    for chunks in ("3", "6", "12"):
        dying = ["-m", "tests.webhooks.legacy.dying", legacy, str(tmp_path / "refused.tsv"), chunks]
        assert nursery.run(dying, env).returncode == -signal.SIGKILL
    assert LegacyImport.objects.get().finished_at is None
    assert "of a dead import" in (tmp_path / "refused.tsv").read_text()
    bring_in(legacy, tmp_path)
    check(world, tmp_path)
    assert LegacyImport.objects.get().counts["parties"]["read"] == len(world.rows["core.parties"])


def test_what_is_new_since_the_last_import_is_taken_alone(legacy: str, tmp_path: Path) -> None:
    world = World(people=12)
    fill(legacy, world.rows)
    bring_in(legacy, tmp_path)
    LegacyImport.objects.update(began_at=NOW + timedelta(days=1))
    Party.objects.filter(pk=world.humans[1].ids[0]).update(name="CORRIGIDA AQUI")
    party, company = world.humans[2].ids[0], world.rows["core.companies"][0]["party_id"]
    with psycopg.connect(legacy) as connection:
        connection.execute("update core.party_contacts set updated_at = created_at")
        connection.cursor().executemany(
            "insert into core.party_contacts (contact_id, party_id, contact_type, value, created_at)"
            " values (gen_random_uuid(), %s, 'phone', '1132654321', now() + interval '2 days')",
            [(party,), (company,)],
        )
    bring_in(legacy, tmp_path)
    assert PartyContact.objects.filter(party=party, value="+551132654321").exists()
    assert PartyContact.objects.get(party=company).is_primary, "nobody said so of a company's only phone"
    assert LegacyImport.objects.order_by("-id")[0].counts["party_contacts"]["read"] == 2
    assert Party.objects.get(pk=world.humans[1].ids[0]).name == "CORRIGIDA AQUI"


def test_whoever_asked_to_be_forgotten_stays_so(legacy: str, tmp_path: Path) -> None:
    world = World(people=3)
    gone, called = world.humans[0], world.humans[1]
    suppression.suppress([(suppression.CPF, gone.cpf), (suppression.CONTACT, called.phones[0])])
    fill(legacy, world.rows)
    bring_in(legacy, tmp_path)
    assert not Party.objects.filter(cpf_cnpj=gone.cpf).exists()
    assert not PartyContact.objects.filter(value__in=[gone.phones[0], called.phones[0]]).exists()
    assert not PartyEnrichment.objects.filter(profile__icontains=gone.cpf).exists()
    refused = (tmp_path / "refused.tsv").read_text()
    assert f"{gone.ids[0]}\tasked to be forgotten" in refused
    assert gone.cpf not in refused
    assert called.phones[0] not in refused


def test_an_older_version_with_other_columns_is_read_too(tmp_path: Path) -> None:
    schema = (
        "create schema core;"
        "create table core.parties (id uuid primary key, party_type text, cpf_cnpj text, name text);"
        "create table core.party_contacts (id uuid primary key, party_id uuid, contact_type text, value text)"
    )
    world = World(people=2)
    human = world.humans[1]
    with database(schema=schema) as dsn:
        party = {"id": human.ids[0], "party_type": "person", "cpf_cnpj": human.cpf, "name": human.name}
        contact = {"id": human.ids[0], "party_id": human.ids[0], "contact_type": "phone", "value": human.phones[0][1:]}
        fill(dsn, {"core.parties": [party], "core.party_contacts": [contact]})
        bring_in(dsn, tmp_path)
    assert PartyContact.objects.get().value == human.phones[0]
    assert Party.objects.get().name == human.name


def test_events_and_forms_come_with_their_leads_and_start_no_run(legacy: str, tmp_path: Path) -> None:
    attributes = {"customer": {"name": "Marina Prado", "phone": "11987654321"}, "updated_at": NOW.isoformat()}
    event = {"id": "lead-1", "hook_action": "on_create_lead", "attributes": attributes}
    rows = [
        {"lead_id": "lead-1", "payload_raw": event, "status": "completed", "updated_at": NOW, "received_at": NOW},
        {"lead_id": "lead-2", "payload_raw": attributes, "status": "processing", "updated_at": NOW, "received_at": NOW},
        {"lead_id": "lead-3", "payload_raw": event, "status": "completed", "updated_at": NOW,
         "received_at": NOW - timedelta(days=999)},
    ]  # fmt: skip
    form = {"lead_id": "g-1", "user_column_data": [{"column_id": "FULL_NAME", "string_value": "Rui Paz"}]}
    forms = [{"google_lead_id": "g-1", "c2s_lead_id": "crm-9", "payload_raw": form, "enrichment_status": "failed",
              "created_at": NOW}]  # fmt: skip
    fill(legacy, {"public.webhook_events": rows, "public.google_ads_leads": forms})
    bring_in(legacy, tmp_path)
    leads = {lead.lead_id: lead for lead in Lead.objects.all()}
    assert (leads["lead-1"].customer_name, leads["lead-1"].phone_value) == ("Marina Prado", "+5511987654321")
    states = {run.lead.lead_id: (run.state, run.trigger) for run in Run.objects.select_related("lead")}
    rui = next(lead for lead in leads.values() if lead.customer_name == "Rui Paz")
    assert states == {
        "lead-1": ("completed", "import"), "lead-2": ("skipped", "import"), rui.lead_id: ("failed", "import")
    }  # fmt: skip
    assert (leads["lead-1"].outcome, leads["lead-1"].received_at, rui.crm_id) == ("completed", NOW, "crm-9")
    assert WebhookEvent.objects.filter(lead__isnull=False).count() == 3
    assert "older than events are kept" in (tmp_path / "refused.tsv").read_text()


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("create schema core; create table core.entities (id uuid)", "older layout"),
        ("select 1", "no table core.parties"),
    ],
)
def test_a_database_of_another_layout_is_refused_in_a_sentence(schema: str, sentence: str, tmp_path: Path) -> None:
    with database(schema=schema) as dsn, pytest.raises(CommandError, match=sentence):
        bring_in(dsn, tmp_path)


def test_our_own_database_and_one_that_is_away_are_refused_without_telling_the_password(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="this service itself"):
        bring_in(database_url(), tmp_path)
    with pytest.raises(CommandError) as refused:
        bring_in("postgres://somebody:a-secret@127.0.0.1:9/nowhere", tmp_path)
    assert "a-secret" not in str(refused.value)


@pytest.mark.chaos
def test_a_hundred_thousand_parties_come_in_clean_however_often_the_import_is_killed(
    legacy: str, tmp_path: Path
) -> None:
    world = World(people=68_000)
    fill(legacy, world.rows)
    assert len(world.rows["core.parties"]) > 100_000
    env = os.environ | {"DB_URL": database_url(), "DATABASE_URL": ""}
    for chunks in ("150", "1100"):
        dying = ["-m", "tests.webhooks.legacy.dying", legacy, str(tmp_path / "refused.tsv"), chunks]
        assert nursery.run(dying, env).returncode == -signal.SIGKILL
    bring_in(legacy, tmp_path)
    check(world, tmp_path)
