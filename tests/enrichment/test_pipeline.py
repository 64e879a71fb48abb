"""The way of one lead, through real HTTP, a real database and a real Redis."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich import sealed_cache
from enrichment import discover, profiles
from enrichment.models import Candidate, Discovery, LeadMessage, ProviderCall, Run, RunState, Source, Tier, Trigger
from enrichment.providers import gate
from enrichment.sandbox import Sandbox
from parties.models import Party, PartyContact, PartyEnrichment
from tests.enrichment.leads import paid_calls, run_for

pytestmark = pytest.mark.django_db(transaction=True)
Perform = Callable[[Run], Run]

MARINA = "52998224725"
NOBODYS_PHONE = "(11) 98123-0000"
EVERYBODYS_PHONE = "(11) 98123-0009"


def bodies(sandbox: Sandbox, lead_id: str) -> list[str]:
    return [message["body"] for message in sandbox.messages(lead_id)]


def test_seventy_three_events_of_thirty_one_people_pay_once_each(sandbox: Sandbox, perform: Perform) -> None:
    """The measured pattern: 57.53 % of the events repeat a contact."""
    phones = [f"119871{n:05}" for n in range(20, 51)]
    for n in range(73):
        phone = phones[n % 31]
        run = run_for(sandbox, f"lead-{n}", name="", phone=phone, email=f"cliente.{phone}@example.com")
        assert perform(run).message_sent
    assert paid_calls(sandbox) == {"phone": 31, "email": 31, "profile": 31}
    assert Party.objects.filter(kind="person", enriched=True).count() == 31


def test_every_tier_gives_the_same_text(sandbox: Sandbox, perform: Perform) -> None:
    tiers = [perform(run_for(sandbox, "from-provider")).tier, perform(run_for(sandbox, "from-cache")).tier]
    sealed_cache.forget_everything()
    tiers.append(perform(run_for(sandbox, "from-database", phone="+55 11 98765 4321", name="MARINA PRADO")).tier)
    assert tiers == [Tier.PROVIDER, Tier.CACHE, Tier.DATABASE]
    texts = {body for lead in ("from-provider", "from-cache", "from-database") for body in bodies(sandbox, lead)}
    assert len(texts) == 1


def test_a_cache_hit_asks_neither_the_database_nor_a_provider_who_it_is(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "first"))
    paid = paid_calls(sandbox)
    Party.objects.filter(cpf_cnpj=MARINA).update(name="SOMEBODY ELSE")  # behind the cache's back
    perform(run_for(sandbox, "second"))
    assert "Nome: MARINA ALVES PRADO" in bodies(sandbox, "second")[0]
    assert paid_calls(sandbox) == paid


def test_a_change_drops_what_was_cached(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "first"))
    party = Party.objects.get(cpf_cnpj=MARINA)
    party.name = "MARINA ALVES PRADO SOUZA"
    party.save()
    assert perform(run_for(sandbox, "second")).tier == Tier.DATABASE
    assert "Nome: MARINA ALVES PRADO SOUZA" in bodies(sandbox, "second")[0]


def test_all_contacts_of_the_profile_are_known_afterwards(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "first"))
    paid = paid_calls(sandbox)
    run = perform(run_for(sandbox, "second", phone="11 3333-4444", email=""))
    assert (run.tier, paid_calls(sandbox)) == (Tier.CACHE, paid)


def test_nobody_is_remembered_for_a_while_and_not_told(sandbox: Sandbox, perform: Perform) -> None:
    runs = [perform(run_for(sandbox, f"lead-{n}", phone=NOBODYS_PHONE, email="")) for n in range(2)]
    assert {run.state for run in runs} == {RunState.NOT_FOUND}
    assert paid_calls(sandbox)["phone"] == 1
    assert sandbox.messages() == []


def test_nobody_ends_once_somebody_is_known(sandbox: Sandbox, perform: Perform) -> None:
    """The predecessor kept saying "nobody" for a day after the contact had been enriched."""
    perform(run_for(sandbox, "first", phone=NOBODYS_PHONE, email=""))
    perform(run_for(sandbox, "second"))
    party = Party.objects.get(cpf_cnpj=MARINA)
    PartyContact.objects.create(party=party, contact_type="phone", value="+5511981230000")
    assert perform(run_for(sandbox, "third", phone=NOBODYS_PHONE, email="")).state == RunState.COMPLETED


def test_nobody_is_told_when_a_setting_says_so(sandbox: Sandbox, perform: Perform, settings: Settings) -> None:
    settings.NOTIFY_NOT_FOUND = True
    perform(run_for(sandbox, "lead", phone=NOBODYS_PHONE, email=""))
    assert bodies(sandbox, "lead")[0].startswith("🔍 Não encontramos")


def test_an_outage_is_never_remembered_as_nobody(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.set("diretrix", outage="503")
    run = perform(run_for(sandbox))
    assert (run.state, run.attempts) == (RunState.QUEUED, 1)
    assert run.next_at is not None
    sandbox.faults.set("diretrix", outage=None)
    assert perform(run).state == RunState.COMPLETED


def test_a_retry_repeats_no_paid_call(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.set("work_api", outage="503")
    run = perform(run_for(sandbox))
    assert run.state == RunState.QUEUED
    sealed_cache.forget_everything()
    sandbox.faults.set("work_api", outage=None)
    assert perform(run).state == RunState.COMPLETED
    assert paid_calls(sandbox) | {"profile": 1} == {"phone": 1, "email": 1, "profile": 1}


def test_an_answer_that_was_paid_for_outlives_the_database(
    sandbox: Sandbox, perform: Perform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every writing of what was bought fails twice, as while PostgreSQL starts again."""
    failed: Counter[str] = Counter()

    def away_twice(name: str, write: Any) -> Any:
        def tried(*args: Any, **kwargs: Any) -> Any:
            failed[name] += 1
            if failed[name] <= 2:
                raise OperationalError
            return write(*args, **kwargs)

        return tried

    for module, name in ((discover, "discovery_note"), (profiles, "person_file"), (gate, "leave")):
        monkeypatch.setattr(module, name, away_twice(name, getattr(module, name)))
    run = perform(run_for(sandbox))
    assert (run.state, run.attempts) == (RunState.COMPLETED, 1)
    assert paid_calls(sandbox) == {"phone": 1, "email": 1, "profile": 1}
    assert min(failed.values()) > 2


def test_the_ladders_end_delivers_what_is_there(sandbox: Sandbox, perform: Perform, settings: Settings) -> None:
    settings.RETRY_LADDER = []
    sandbox.faults.set("work_api", outage="503")
    run = perform(run_for(sandbox))
    assert (run.state, run.error) == (RunState.PARTIAL, "missing: profile")
    assert "⚠️ Dados parciais" in bodies(sandbox, "lead-1")[0]
    assert "CPF: 529.982.247-25" in bodies(sandbox, "lead-1")[0]


def test_a_refusal_ends_at_once(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.set("diretrix", status=401)
    run = perform(run_for(sandbox))
    assert (run.state, run.attempts) == (RunState.FAILED, 1)
    assert Discovery.objects.count() == 0


def test_two_different_people_are_both_shown_under_a_warning(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.add_person(cpf="39053344705", name="PAULO LIMA", phones=[], emails=["paulo.lima@example.com"])
    run = perform(run_for(sandbox, email="paulo.lima@example.com"))
    [text] = bodies(sandbox, "lead-1")
    assert text.startswith("⚠️ Telefone e e-mail relacionados a PESSOAS DIFERENTES!")
    assert "👤 Telefone: MARINA ALVES PRADO" in text
    assert "👤 E-mail: PAULO LIMA" in text
    assert (run.state, run.same_person) == (RunState.NEEDS_REVIEW, False)
    assert set(Candidate.objects.filter(chosen=True).values_list("cpf", flat=True)) == {MARINA, "39053344705"}


def test_two_different_people_are_held_when_a_setting_says_so(
    sandbox: Sandbox, perform: Perform, settings: Settings
) -> None:
    settings.ON_CONFLICT = "hold"
    sandbox.add_person(cpf="39053344705", name="PAULO LIMA", phones=[], emails=["paulo.lima@example.com"])
    run = perform(run_for(sandbox, email="paulo.lima@example.com"))
    assert (run.state, run.message_sent, sandbox.messages()) == (RunState.NEEDS_REVIEW, False, [])


def test_a_name_mismatch_is_delivered_with_a_warning_and_reviewed(sandbox: Sandbox, perform: Perform) -> None:
    run = perform(run_for(sandbox, name="Roberto Teixeira"))
    assert run.state == RunState.NEEDS_REVIEW
    assert "⚠️ O nome do lead não confere" in bodies(sandbox, "lead-1")[0]


DOUBT = "⚠️ Identificação incerta"
FAMILYS_PHONE = "(11) 98123-0002"


@pytest.mark.parametrize("name", ["", "(11) 98123-0002"])
def test_one_of_three_behind_a_phone_goes_out_with_the_doubt_first(
    sandbox: Sandbox, perform: Perform, name: str
) -> None:
    run = perform(run_for(sandbox, name=name, phone=FAMILYS_PHONE, email=""))
    [text] = bodies(sandbox, "lead-1")
    assert text.startswith(DOUBT)
    assert (run.state, run.error) == (RunState.NEEDS_REVIEW, "several people are behind this contact")
    # the next one, answered by what is known by now, says the same
    again = perform(run_for(sandbox, "lead-2", name=name, phone=FAMILYS_PHONE, email=""))
    assert (again.state, bodies(sandbox, "lead-2")[0].startswith(DOUBT)) == (RunState.NEEDS_REVIEW, True)


def test_whoever_is_in_doubt_is_held_when_a_setting_says_so(
    sandbox: Sandbox, perform: Perform, settings: Settings
) -> None:
    settings.ON_DOUBT = "hold"
    run = perform(run_for(sandbox, name="", phone=FAMILYS_PHONE, email=""))
    assert (run.state, run.message_sent, sandbox.messages()) == (RunState.NEEDS_REVIEW, False, [])


def test_a_phone_that_was_corrected_tells_nobody_for_sure(sandbox: Sandbox, perform: Perform) -> None:
    run = perform(run_for(sandbox, name="", phone="11 8765-0021", email=""))
    assert bodies(sandbox, "lead-1")[0].startswith(DOUBT)
    assert (run.state, run.error) == (RunState.NEEDS_REVIEW, "the phone was corrected and no name confirms it")


@pytest.mark.parametrize("told", [{"name": "Marina Prado"}, {"email": "marina.prado@example.com", "name": ""}])
def test_a_name_or_another_contact_takes_the_doubt_away(
    sandbox: Sandbox, perform: Perform, told: dict[str, str]
) -> None:
    run = perform(run_for(sandbox, **{"phone": "11 8765-4321", "email": ""} | told))
    assert run.state == RunState.COMPLETED
    assert DOUBT not in bodies(sandbox, "lead-1")[0]


def test_a_fake_contact_is_skipped_without_a_call(sandbox: Sandbox, perform: Perform) -> None:
    run = perform(run_for(sandbox, phone="(11) 99999-9999", email="teste@teste.com"))
    assert run.state == RunState.SKIPPED
    assert paid_calls(sandbox) == {"phone": 0, "email": 0, "profile": 0}


def test_a_closed_lead_is_skipped(sandbox: Sandbox, perform: Perform) -> None:
    run = run_for(sandbox, done_details={"done": True})
    assert (perform(run).state, sandbox.messages()) == (RunState.SKIPPED, [])


def test_a_given_cpf_needs_no_discovery(sandbox: Sandbox, perform: Perform) -> None:
    run = perform(run_for(sandbox, document="529.982.247-25"))
    assert (run.state, paid_calls(sandbox)) == (RunState.COMPLETED, {"phone": 0, "email": 0, "profile": 1})
    again = perform(run_for(sandbox, "lead-2", document="52998224725", phone="", email=""))
    assert (again.tier, paid_calls(sandbox)["profile"]) == (Tier.CACHE, 1)


def test_a_placeholder_phone_gives_nobody_unless_the_name_fits(sandbox: Sandbox, perform: Perform) -> None:
    run = perform(run_for(sandbox, name="Zuleica Quintanilha", phone=EVERYBODYS_PHONE, email=""))
    assert run.state == RunState.NOT_FOUND


def test_a_stale_record_is_served_at_once_and_asked_anew_in_the_background(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "first"))
    long_ago = timezone.now() - timedelta(days=100)
    Party.objects.update(enriched_at=long_ago)
    sealed_cache.forget_everything()
    run = perform(run_for(sandbox, "second"))
    assert (run.state, run.tier, run.message_sent) == (RunState.COMPLETED, Tier.DATABASE, True)
    refresh = perform(Run.objects.get(trigger=Trigger.REFRESH))
    assert (refresh.state, refresh.message_sent, paid_calls(sandbox)["profile"]) == (RunState.COMPLETED, False, 2)
    assert Party.objects.get(cpf_cnpj=MARINA).enriched_at > long_ago  # type: ignore[operator]
    assert PartyEnrichment.objects.count() == 2


def test_stale_data_is_served_and_marked_when_the_provider_is_down(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "first"))
    sandbox.faults.set("work_api", outage="503")
    run = run_for(sandbox, "second")
    Run.objects.filter(pk=run.pk).update(force_providers=True)
    run = perform(run)
    assert run.state == RunState.PARTIAL
    assert "⚠️ Dados antigos" in bodies(sandbox, "second")[0]
    assert "CPF: 529.982.247-25" in bodies(sandbox, "second")[0]


def test_a_stored_profile_that_no_longer_reads_is_fetched_anew(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "first"))
    PartyEnrichment.objects.update(profile=["not", "a", "profile"])
    sealed_cache.forget_everything()
    run = perform(run_for(sandbox, "second"))
    assert (run.state, run.tier, paid_calls(sandbox)["profile"]) == (RunState.COMPLETED, Tier.PROVIDER, 2)


def test_the_same_lead_with_nothing_new_is_told_nothing_again(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox))
    again = perform(run_for(sandbox))
    assert (again.state, again.message_sent, len(sandbox.messages("lead-1"))) == (RunState.COMPLETED, False, 1)
    assert LeadMessage.objects.filter(direction="out").count() == 1


def test_a_rest_lead_gets_no_message(sandbox: Sandbox, perform: Perform) -> None:
    run = perform(run_for(sandbox, source=Source.REST))
    assert (run.state, run.message_sent, sandbox.messages()) == (RunState.COMPLETED, False, [])


def test_a_lost_answer_of_the_crm_doubles_nothing(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.next("c2s", "lost_answer", operation="create_message")
    run = perform(run_for(sandbox))
    assert (run.state, run.message_sent, len(sandbox.messages("lead-1"))) == (RunState.COMPLETED, True, 1)


def test_a_call_is_a_row_tied_to_its_run(sandbox: Sandbox, perform: Perform, settings: Settings) -> None:
    settings.PRICE_WORK_API = 2
    run = perform(run_for(sandbox))
    paid = ProviderCall.objects.get(provider="work_api")
    assert (paid.run_id, paid.price, paid.billed, paid.outcome) == (run.pk, 2, "yes", "ok")


@pytest.mark.parametrize("ending", range(10, 20))
def test_a_strange_profile_still_makes_a_message(sandbox: Sandbox, perform: Perform, ending: int) -> None:
    """The sandbox's people whose numbers end so have blank, odd, crowded or missing profiles."""
    run = perform(run_for(sandbox, name="", phone=f"119871000{ending}", email=""))
    assert run.state in (RunState.COMPLETED, RunState.PARTIAL)
    assert "CPF: " in bodies(sandbox, "lead-1")[0]
