"""Somebody asks to be forgotten: nothing of them is left anywhere, and nothing comes back by any door."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from pytest_django import Settings

from c2s_enrich import sealed_cache
from c2s_enrich.privacy.everywhere import search
from c2s_enrich.privacy.models import Suppressed
from c2s_enrich.privacy.suppression import PersonSuppressed, is_suppressed, release, suppress
from enrichment.actions import candidate_choose
from enrichment.lookup import Paying, Question, look_up
from enrichment.memory import Namesake, discovery_note
from enrichment.models import BulkImport, Candidate, Decision, Discovery, Lead, LeadMessage, Run, RunState, Trigger
from enrichment.reconcile import reconcile
from enrichment.sandbox import Sandbox
from enrichment.steps import FORGOTTEN
from enrichment.tool_results import tool_results
from parties.history import PartyChange
from parties.identifiers import CPF, Email, Phone
from parties.merge import person_file
from parties.merging import parties_merge
from parties.models import (
    DataRequest,
    Kind,
    Party,
    PartyContact,
    PartyEnrichment,
    PartyMerge,
    Person,
    RequestState,
    Wish,
)  # fmt: skip
from parties.requests.deeds import access_give, erasure_order, erasure_perform, request_take
from tests.back_office import superuser
from tests.enrichment.api.people import MARINA, MARINAS_EMAIL, MARINAS_PHONE
from tests.enrichment.leads import paid_calls
from tests.parties.people import cpf, phone, told
from tests.webhook_bodies import event
from tests.webhooks.test_google_ads import KEY, form
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = cpf(111444777)
NEEDLES = ("52998224725", "529.982.247-25", "987654321", "98765-4321", "marina", "Marina", "MARINA", "LUCIA ALVES")
SAID = [{"created_at": "2025-11-22T09:58:11Z", "sender": "customer", "message": "Sou a Marina, CPF 529.982.247-25"}]


@pytest.fixture
def known(sandbox: Sandbox, webhook: Callable[..., Any], perform: Callable[[Run], Run], settings: Settings) -> Run:
    """Marina in every place where a person may come to stand."""
    settings.GOOGLE_ADS_WEBHOOK_KEYS = [KEY]
    webhook(event(messages=SAID))
    run = perform(Run.objects.get())
    staff = User.objects.create_user("officer", password=None)
    candidate_choose(candidate=Candidate.objects.filter(run=run)[0], by=staff)
    perform(Run.objects.latest("id"))
    double = Party.objects.create(kind=Kind.PERSON, name="MARINA A PRADO")
    PartyContact.objects.create(party=double, contact_type="email", value="marina.antiga@example.com")
    parties_merge(kept_id=Party.objects.get(cpf_cnpj=MARINA.value).pk, gone_id=double.pk, by="officer")
    _noted_by_staff(staff)
    webhook("Marina Prado, (11) 98765-4321: this is no JSON")
    # a stranger's conversation speaks of her, and so does an answer about a stranger's phone
    webhook(event("of-a-stranger", name="Joana", phone="(21) 99876-5432", email=None, messages=SAID))
    discovery_note(Phone("+5521998765432", "BR"), [Namesake(MARINA.value, "MARINA"), Namesake(OTHER.value, "JOANA")])
    return run


def _noted_by_staff(staff: User) -> None:
    party = Party.objects.get(cpf_cnpj=MARINA.value)
    about = {"content_type": ContentType.objects.get_for_model(Party), "object_id": str(party.pk)}
    LogEntry.objects.create(user=staff, object_repr=str(party), action_flag=CHANGE, change_message="", **about)


def erased() -> DataRequest:
    request = request_take(wish=Wish.ERASURE, cpf=MARINA, why="asked by e-mail", by="officer")
    erasure_order(request=request, by="officer")
    assert erasure_perform(request.pk), DataRequest.objects.get(pk=request.pk).outcome
    return DataRequest.objects.get(pk=request.pk)


def left_of_her() -> dict[str, int]:
    found: dict[str, int] = {}
    for needle in NEEDLES:
        found |= {f"{needle} in {place}": count for place, count in search(needle).left.items()}
    return found


@pytest.mark.usefixtures("known")
def test_the_search_finds_somebody_wherever_they_stand() -> None:
    """Else that it finds nothing afterwards would prove nothing."""
    found = search(r"(?<![0-9])5[. ]?2[. ]?9[. ]?9[. ]?8[. ]?2[. ]?2[. ]?4[. ]?7[. -]?2[. ]?5(?![0-9])").left
    assert found.keys() >= {
        "parties.cpf_cnpj", "run_candidates.cpf", "lead_decisions.cpf", "leads.chosen_cpf", "lead_messages.body",
        "webhook_events.payload", "discoveries.people", "party_enrichments.profile", "redis",
    }  # fmt: skip


def test_nothing_is_left_of_somebody_who_was_erased(known: Run) -> None:
    leads, runs, messages = Lead.objects.count(), Run.objects.count(), LeadMessage.objects.count()
    request = erased()
    assert left_of_her() == {}
    assert tool_results(known.lead.lead_id) == {}
    for model in (Party, PartyMerge, PartyChange, Decision, Candidate):
        assert not model.objects.exclude(kind="company").exists() if model is Party else not model.objects.exists()
    assert (Lead.objects.count(), Run.objects.count(), LeadMessage.objects.count()) == (leads, runs, messages)
    assert (request.state, request.done_by, request.sealed) == (RequestState.DONE, "officer", "")
    assert request.outcome["search"]["left"] == {}
    assert request.outcome["search"]["keys"] is not None
    assert request.outcome["erased"]["enrichment.lead"] == 1


@pytest.mark.usefixtures("known")
def test_what_is_others_stays_theirs() -> None:
    erased()
    assert Discovery.objects.get().people == [{"cpf": OTHER.value, "name": "JOANA"}]
    theirs = Lead.objects.get(lead_id="of-a-stranger")
    assert (theirs.customer_name, theirs.phone_value) == ("Joana", "+5521998765432")
    assert theirs.messages.get().body == "Sou a ***, CPF ***"


def test_a_shared_contact_stays_with_the_other_and_may_be_asked_about(known: Run) -> None:
    person_file(facts=told(cpf=OTHER, name="JOANA LIMA", contacts=[phone(MARINAS_PHONE)]))
    erased()
    assert PartyContact.objects.get(value=MARINAS_PHONE).party.cpf_cnpj == OTHER.value
    assert look_up(Question((Phone(MARINAS_PHONE, "BR"),)), paying=Paying.NEVER) is not None


@pytest.mark.usefixtures("known")
def test_no_door_brings_somebody_back_and_nobody_is_paid(
    sandbox: Sandbox, webhook: Callable[..., Any], client: Client, key: str, perform: Callable[[Run], Run]
) -> None:
    erased()
    before, headers = paid_calls(sandbox), {"Authorization": f"Bearer {key}"}
    # the CRM goes on telling of the lead, and of a new one with the same contact
    webhook(event(updated_at="2025-11-23T10:00:00Z", messages=SAID))
    webhook(event("another-lead", email=None, messages=SAID))
    sandbox.add_lead(id="swept", name="Marina Prado", phone="11987654321", email=MARINAS_EMAIL)
    reconcile()
    sandbox.add_lead(id="made", name="Marina Prado", phone="11987654321", email=None)
    client.post("/api/v1/c2s/enrich/made?async=1", headers=headers)
    portal = {"lead_id": "portal-1", "personal_info": {"cpf": MARINA.value, "name": "Marina"}}
    client.post("/api/v1/leads?async=1", json.dumps(portal), content_type="application/json", headers=headers)
    for run in Run.objects.filter(state=RunState.QUEUED).exclude(lead__lead_id="of-a-stranger"):
        assert perform(run).error == FORGOTTEN
    for asked in ({"phone": MARINAS_PHONE}, {"email": MARINAS_EMAIL}, {"cpf": MARINA.value}):
        answer = client.post("/api/v1/enrich", json.dumps(asked), content_type="application/json", headers=headers)
        assert answer.status_code == 404
    for module, value in (("cpf", MARINA.value), ("telefone", "11987654321"), ("email", MARINAS_EMAIL)):
        path = f"/api/v1/work/modules/{module}?documento={value}"
        assert client.get(path, headers=headers).status_code == 404
    assert paid_calls(sandbox) == before
    assert left_of_her() == {}


@pytest.mark.usefixtures("known")
def test_a_form_filled_in_anew_is_passed_on_to_the_crm_and_never_enriched(
    sandbox: Sandbox, client: Client, perform: Callable[[Run], Run]
) -> None:
    erased()
    before = paid_calls(sandbox)
    client.post("/api/v1/webhooks/google-ads", form(), content_type="application/json")
    run = Run.objects.get(trigger=Trigger.GOOGLE_ADS)
    assert (perform(run).error, run.lead.crm_creation.state) == (FORGOTTEN, "waiting")
    assert paid_calls(sandbox) == before


@pytest.mark.usefixtures("known")
def test_whoever_is_forgotten_cannot_be_filed_by_any_path() -> None:
    erased()
    with pytest.raises(PersonSuppressed):
        person_file(facts=told())
    with pytest.raises(PersonSuppressed):
        Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA.value)
    assert not Party.objects.filter(kind="person").exists()


def test_whom_another_contact_leads_to_is_left_out_of_the_answer(
    known: Run, sandbox: Sandbox, client: Client, key: str
) -> None:
    erased()
    sandbox.add_person(cpf=MARINA.value, name="MARINA ALVES PRADO", phones=["11955550000"], emails=[])
    answer = client.post(
        "/api/v1/enrich", '{"phone": "11955550000"}', content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    assert answer.status_code == 404
    assert left_of_her() == {}


def test_an_erasure_while_a_run_writes_is_gone_over_again(known: Run) -> None:
    """What a run under way put back is found by the search, and the next turn takes it out."""
    request = request_take(wish=Wish.ERASURE, cpf=MARINA, why="asked by e-mail", by="officer")
    erasure_order(request=request, by="officer")
    real, times = sealed_cache.sweep_out, []

    def put_back() -> int:
        times.append(1)
        if len(times) == 1:
            Candidate.objects.create(run=known, cpf=MARINA.value, name="MARINA", score=1)
        return real()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealed_cache, "sweep_out", put_back)
        assert not erasure_perform(request.pk)
        DataRequest.objects.filter(pk=request.pk).update(busy_until=None)
        assert erasure_perform(request.pk)
    assert left_of_her() == {}


def test_the_access_file_holds_everything_on_one_person(known: Run) -> None:
    request = request_take(wish=Wish.ACCESS, cpf=MARINA, why="asked by e-mail", by="officer")
    parts = {part.holding.label: part.rows for part in access_give(request=request, by="officer")}
    assert parts.keys() >= {
        "parties.party", "parties.person", "parties.partycontact", "parties.partyenrichment", "parties.partymerge",
        "enrichment.lead", "enrichment.run", "enrichment.candidate", "enrichment.leadmessage", "enrichment.decision",
        "enrichment.discovery", "webhooks.webhookevent", "parties.datarequest", "admin.logentry",
    }  # fmt: skip
    assert "of-a-stranger" not in str(parts["enrichment.lead"])


def test_the_list_of_the_suppressed_names_nobody(known: Run) -> None:
    erased()
    assert Suppressed.objects.filter(kind="cpf").count() == 1
    assert Suppressed.objects.filter(kind="contact").count() >= 2
    assert Suppressed.objects.filter(kind="lead").count() == 1
    assert CPF(MARINA.value).value not in str(list(Suppressed.objects.values()))
    assert Email(MARINAS_EMAIL).value not in str(list(WebhookEvent.objects.values()))


def merged_away(**more: Any) -> Party:
    """Marina's record went into somebody else's by mistake."""
    marina = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA.value, name="MARINA ALVES PRADO")
    Person.objects.create(party=marina, mother_name="LUCIA ALVES")
    for kind, value in (("phone", MARINAS_PHONE), ("email", MARINAS_EMAIL)):
        PartyContact.objects.create(party=marina, contact_type=kind, value=value)
    PartyEnrichment.objects.create(party=marina, provider="work_api", profile={"name": "MARINA ALVES PRADO"})
    Lead.objects.create(lead_id="hers", customer_name="Marina", party=marina, phone="(11) 98765-4321")
    kept = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=OTHER.value, name="JOANA LIMA")
    PartyContact.objects.create(party=kept, contact_type="phone", value="+5521998765432")
    parties_merge(kept_id=kept.pk, gone_id=marina.pk, by="officer")
    return kept


def test_whoever_was_merged_into_somebody_else_is_found_there(sandbox: Sandbox) -> None:
    kept = merged_away()
    merge = PartyMerge.objects.get()
    erased()
    assert not PartyMerge.objects.exists()
    assert list(PartyContact.objects.values_list("party_id", "value")) == [(kept.pk, "+5521998765432")]
    assert not PartyEnrichment.objects.exists()
    assert Person.objects.get(party=kept).mother_name == ""
    kept.refresh_from_db()
    assert (kept.name, kept.cpf_cnpj) == ("JOANA LIMA", OTHER.value)
    assert not Lead.objects.filter(customer_name="Marina").exists()
    assert left_of_her() == {}
    undo = superuser().post(f"/admin/parties/party/merge/{merge.pk}/undo/")
    assert undo.status_code == 404


def test_a_merge_of_somebody_who_is_to_be_forgotten_is_not_undone(sandbox: Sandbox) -> None:
    merged_away()
    suppress([("cpf", MARINA.value)])
    told = superuser().post(f"/admin/parties/party/merge/{PartyMerge.objects.get().pk}/undo/", follow=True)
    assert "nothing brings them back" in told.content.decode()


def test_what_we_said_of_two_people_goes_whole(sandbox: Sandbox) -> None:
    joana = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=OTHER.value, name="JOANA LIMA")
    lead = Lead.objects.create(lead_id="of-two", customer_name="Joana", party=joana)
    said = "Joana, CPF 111.444.777-35\n\nMarina, CPF 529.982.247-25\nNascimento: 14/03/1984\nMãe: LUCIA ALVES"
    LeadMessage.objects.create(lead=lead, direction="out", state="sent", body=said, fingerprint="ref:1")
    LeadMessage.objects.create(lead=lead, direction="in", state="received", body="Olá", fingerprint="x")
    Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA.value, name="MARINA ALVES PRADO")
    erased()
    assert sorted(LeadMessage.objects.values_list("body", flat=True)) == ["", "Olá"]


def test_nobody_keeps_an_erasure_from_ending_by_what_they_type(sandbox: Sandbox, client: Client) -> None:
    Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA.value, name="MARINA ALVES PRADO")
    client.post(
        "/admin/login/?next=529.982.247-25",
        {"username": "529.982.247-25", "password": "wrong"},
        headers={"User-Agent": "52998224725"},
    )
    assert AccessAttempt.objects.exists()
    number = "CPF 529.982.247-25"
    Lead.objects.create(
        lead_id="of-a-stranger",
        customer_name="Joana",
        product=number,
        seller=number,
        lead_source=number,
        crm_status=number,
    )
    BulkImport.objects.create(brings="contacts", file_name="52998224725.csv", size=1)
    erased()
    assert not AccessAttempt.objects.exists()
    assert Lead.objects.get().product == "CPF ***"


def test_a_release_of_somebody_elses_frees_the_number_and_not_the_person(sandbox: Sandbox) -> None:
    party = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA.value, name="MARINA ALVES PRADO")
    PartyContact.objects.create(party=party, contact_type="phone", value=MARINAS_PHONE)
    erased()
    # the number belongs to somebody else by now
    release([("cpf", OTHER.value), ("contact", MARINAS_PHONE)])
    assert is_suppressed("cpf", MARINA.value)
    assert not is_suppressed("contact", MARINAS_PHONE)
    # her own release ends the rest as well
    release([("cpf", MARINA.value)])
    assert not Suppressed.objects.exists()
