"""Who came in with a file is enriched: the price first, behind all else, never for more than was said."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from c2s_enrich.privacy import suppression
from enrichment.bulk import enriching
from enrichment.bulk.enriching import CannotEnrich, enrich_cancel, enrich_go_on, enrich_order, price_at_most
from enrichment.bulk.importing import imports_ring_due
from enrichment.models import Billed, BulkImport, Lead, ProviderCall
from enrichment.sandbox import Sandbox
from parties.models import Party
from tests.back_office import cpf_of, logged_in, staff
from tests.enrichment.bulk.files import HEAD, as_csv, brought_in, people

pytestmark = pytest.mark.django_db(transaction=True)
PROFILE, WHO = Decimal("0.50"), Decimal("0.10")
BIA = ("BIA SOUZA LIMA", "", "(11) 97777-1234", "")


@pytest.fixture
def played(sandbox: Sandbox, settings: Settings) -> Sandbox:
    settings.PRICE_WORK_API, settings.PRICE_DIRETRIX = PROFILE, WHO
    return sandbox


@pytest.fixture
def manager() -> Client:
    return logged_in(staff("manager", "run_bulkimport", "force_lead"))


def url(name: str, bulk: BulkImport) -> str:
    return reverse(f"admin:enrichment_bulkimport_{name}", args=[bulk.pk])


def billed() -> Decimal:
    return sum(ProviderCall.objects.exclude(billed=Billed.NO).values_list("price", flat=True), Decimal(0))


def worked_off(bulk: BulkImport) -> BulkImport:
    """By as many bells as were rung."""
    while jobs := list(ProcrastinateJob.objects.filter(args__import_id=str(bulk.pk))):
        assert {job.priority for job in jobs} == {-10}
        ProcrastinateJob.objects.all().delete()
        enrich_go_on(bulk.pk)
    bulk.refresh_from_db()
    return bulk


def test_the_price_is_shown_first_and_exactly_what_the_budget_allows_is_spent(
    played: Sandbox, manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enriching, "AT_ONCE", 2)
    bulk = brought_in(as_csv((HEAD, *people(5))))
    page = manager.get(url("enrich", bulk)).content.decode()
    assert "R$ 2.50" in page
    assert "This is no sum of money." in manager.post(url("enrich", bulk), {"budget": "-1"}).content.decode()
    assert not ProcrastinateJob.objects.filter(args__import_id=str(bulk.pk)).exists()
    assert manager.post(url("enrich", bulk), {"budget": "1,99"}).url == url("change", bulk)
    assert "under way already" in manager.post(url("enrich", bulk), {"budget": "9"}).content.decode()
    told = manager.get(url("progress", bulk)).json()
    assert (told["open"], told["percent"]) == (True, 0)
    worked_off(bulk)
    # three of five: a fourth might have cost more than was left
    assert (bulk.spent, bulk.asked, bulk.enriched, bulk.is_enriching) == (3 * PROFILE, 3, 3, False)
    assert billed() == 3 * PROFILE
    assert "The budget does not allow for another person" in manager.get(url("change", bulk)).content.decode()
    price = price_at_most(bulk)
    assert (price.came, price.known, price.amount) == (5, 3, 2 * PROFILE)
    # more may be spent later: nobody is bought twice, and nobody becomes a lead
    enrich_order(bulk, budget=2 * PROFILE)
    worked_off(bulk)
    assert (bulk.spent, bulk.enriched, bulk.error, played.calls("work_api")) == (5 * PROFILE, 5, "", 5)
    assert Party.objects.filter(enriched=True).count() == 5
    assert not Lead.objects.exists()
    assert played.calls("c2s") == 0


def test_what_turns_out_cheaper_leaves_room_for_the_next(played: Sandbox) -> None:
    nobody = [(f"BIA {word} LIMA", "", f"(11) 9777{n}-1200", "") for n, word in enumerate(("ROSA", "NEVES"))]
    bulk = brought_in(as_csv((HEAD, *nobody)))
    assert price_at_most(bulk).amount == 2 * (WHO + PROFILE)
    for _phone in nobody:
        played.faults.next("diretrix", "status", status=404)
    enrich_order(bulk, budget=2 * WHO + PROFILE)
    worked_off(bulk)
    assert (bulk.spent, bulk.asked, bulk.enriched, billed()) == (2 * WHO, 2, 0, 2 * WHO)


def test_whoever_is_killed_has_spent_no_more_than_is_told_and_somebody_goes_on(
    played: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk = brought_in(as_csv((HEAD, *people(4))))
    enrich_order(bulk, budget=4 * PROFILE)
    bought = enriching.buy

    def dies(*args: object) -> None:
        bought(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(enriching, "buy", dies)
    with pytest.raises(KeyboardInterrupt):
        enrich_go_on(bulk.pk)
    monkeypatch.setattr(enriching, "buy", bought)
    bulk.refresh_from_db()
    assert (bulk.spent, bulk.asked, billed()) == (PROFILE, 0, PROFILE)
    # as long as the lease lasts nobody else asks
    assert imports_ring_due() == 0
    worked_off(bulk)
    assert bulk.asked == 0
    BulkImport.objects.update(due_at=timezone.now())
    assert imports_ring_due() == 1
    worked_off(bulk)
    assert (bulk.spent, billed(), played.calls("work_api")) == (4 * PROFILE, 4 * PROFILE, 4)
    assert Party.objects.filter(enriched=True).count() == 4


def test_while_a_provider_is_away_it_waits_for_free_until_cancelled(played: Sandbox, manager: Client) -> None:
    bulk = brought_in(as_csv((HEAD, *people(3))))
    enrich_order(bulk, budget=Decimal(9))
    played.faults.set("work_api", status=429)
    worked_off(bulk)
    assert (bulk.spent, bulk.asked, bulk.is_enriching, bulk.owner) == (0, 0, True, "")
    page = manager.get(url("change", bulk)).content.decode()
    assert "it goes on by itself" in page
    assert "Cancel what is left" in page
    manager.post(url("cancel", bulk))
    assert "it goes on by itself" not in manager.get(url("change", bulk)).content.decode()
    played.configure({"reset": True})
    enrich_go_on(bulk.pk)
    assert (enrich_cancel(bulk), played.calls("work_api"), billed()) == (False, 0, 0)


def test_failures_that_may_have_been_billed_count_and_end_it_before_they_eat_the_budget(played: Sandbox) -> None:
    bulk = brought_in(as_csv((HEAD, *people(3))))
    enrich_order(bulk, budget=Decimal(9))
    played.faults.set("work_api", outage="refuse")
    for _try in range(enriching.MOST_FAILURES):
        enrich_go_on(bulk.pk)
    worked_off(bulk)
    assert (bulk.is_enriching, bulk.asked, bulk.spent) == (False, 1, billed())
    assert bulk.error == "provider_refused"


def test_who_asked_to_be_forgotten_is_not_asked_about(played: Sandbox) -> None:
    bulk = brought_in(as_csv((HEAD, *people(2))))
    suppression.suppress([("cpf", cpf_of(0))])
    enrich_order(bulk, budget=Decimal(9))
    worked_off(bulk)
    assert (played.calls("work_api", "cpf", cpf_of(0)), played.calls("work_api"), bulk.enriched) == (0, 1, 1)


def test_who_may_not_spend_orders_nothing_and_without_prices_nobody_does(sandbox: Sandbox, manager: Client) -> None:
    bulk = brought_in(as_csv((HEAD, *people(1))))
    mara = logged_in(staff("mara", "run_bulkimport"))
    assert mara.post(url("enrich", bulk), {"budget": "9"}).status_code == 403
    assert "Enrich who came in" not in mara.get(url("change", bulk)).content.decode()
    assert "Enrich who came in" in manager.get(url("change", bulk)).content.decode()
    assert "no budget could be kept" in manager.post(url("enrich", bulk), {"budget": "9"}).content.decode()
    with pytest.raises(CannotEnrich):
        enrich_order(bulk, budget=Decimal(9))


def test_the_command_says_the_price_and_orders_within_a_budget(
    played: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people.csv").write_bytes(as_csv((HEAD, *people(2), BIA)))
    call_command("import_contacts", str(tmp_path / "people.csv"), "--enrich")
    assert "4 calls at most, R$ 1.60 at most" in capsys.readouterr().out
    assert not BulkImport.objects.filter(is_enriching=True).exists()
    call_command("import_contacts", str(tmp_path / "people.csv"), "--enrich", "--budget", "0.50")
    assert "for R$ 0.50 at most" in capsys.readouterr().out
    assert worked_off(BulkImport.objects.latest("id")).spent == PROFILE
    with pytest.raises(CommandError, match="goes with --enrich"):
        call_command("import_contacts", str(tmp_path / "people.csv"), "--budget", "5")
