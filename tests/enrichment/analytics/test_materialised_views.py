"""What is reckoned once an hour is right, follows the tables, and survives migrations."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import NotSupportedError, connection, models, transaction
from django.db.migrations import AddField, AlterField, Migration, RenameField, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate, pre_migrate
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich.privacy.registry import derived
from c2s_enrich.privacy.retention import retention_do
from enrichment.analytics.making import NOT_ALLOWED, standing, views_make
from enrichment.analytics.migrating import in_the_way
from enrichment.analytics.refreshing import ages, views_refresh, views_refresh_if_due
from enrichment.analytics.views import LEAD_STAR, MATERIALISED, PARTY_ANALYTICS
from enrichment.examined import views_are_fresh
from enrichment.models import Lead, Watermark
from parties.identifiers import CPF, Phone
from parties.models import DataRequest, Kind, Party, Person, Wish
from parties.requests.deeds import erasure_order, erasure_perform, request_take
from tests.enrichment.analytics.known import CPF as MARINAS
from tests.enrichment.analytics.known import PHONE, everything_known, one, rows

pytestmark = pytest.mark.django_db


def test_a_party_is_told_in_bands_and_counts_without_a_name() -> None:
    known = everything_known()
    views_refresh()
    told = one("select * from core.mv_party_analytics where party_id = %s", known.person.pk)
    expected = {
        "party_type": "person", "age_band": "35-44", "income_band": "5k-10k", "sex": "F", "state": "SP",
        "city": "Campinas", "phones": 1, "whatsapps": 1, "emails": 1, "contacts": 3, "verified_contacts": 1,
        "addresses": 1, "address_confidence": Decimal(1), "address_confidence_band": "high", "properties": 1,
        "properties_value": Decimal(500_000), "companies": 1, "enriched": True,
        "enrichments": 1, "enrichment_quality": Decimal("0.88"), "enrichment_quality_band": "high",
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    firm = one("select * from core.mv_party_analytics where party_id = %s", known.company.pk)
    assert (firm["age_band"], firm["contacts"], firm["address_confidence_band"]) == (None, 0, "none")
    # name and foundation: three of eight things that may be known of a company
    assert (firm["enrichment_quality"], firm["enrichment_quality_band"]) == (Decimal("0.38"), "low")


def test_a_lead_is_told_by_time_source_seller_place_outcome_and_cost() -> None:
    known = everything_known()
    views_refresh()
    first, again = rows("select * from analytics.mv_mkt_lead_star order by received_at")
    local = timezone.localtime(known.first.received_at)
    expected = {
        "party_id": known.person.pk, "day": local.date(), "hour": local.hour, "weekday": local.isoweekday(),
        "source": "google_ads", "lead_source": "Portal", "campaign": "77", "seller": "Corretora Modelo",
        "city": "Campinas", "state": "SP", "outcome": "completed", "tier": "provider", "is_enriched": True,
        "seconds": 4, "calls": 3, "cost": Decimal("0.5"), "discoveries_avoided": 0, "profiles_avoided": 0,
        "is_repeat": False, "same_phone_as": None, "is_closed": False,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    expected = {
        "tier": "database", "cost": 0, "discoveries_avoided": 2, "profiles_avoided": 1, "is_repeat": True,
        "same_phone_as": known.first.pk, "same_email_as": None, "is_closed": True,
    }  # fmt: skip
    assert {name: again[name] for name in expected} == expected


def test_the_worker_refreshes_when_it_is_time_and_the_age_is_shown(settings: Settings) -> None:
    settings.ANALYTICS_REFRESH_MINUTES = 60
    Watermark.objects.filter(pk__in=[view.name for view in MATERIALISED]).delete()
    assert views_refresh_if_due() == len(MATERIALISED)
    assert views_refresh_if_due() == 0
    assert not any(age.is_stale for age in ages())
    assert all(row["age"] < timedelta(minutes=5) for row in rows("select age from analytics.freshness"))
    Watermark.objects.update(at=timezone.now() - timedelta(hours=3), busy_until=timezone.now() + timedelta(minutes=1))
    assert views_refresh_if_due() == 0, "another worker is at it"
    assert all(age.is_stale for age in ages())
    told = next(iter(views_are_fresh()))
    assert (told.state, "core.mv_party_analytics is of" in told.says) == ("warning", True)
    Watermark.objects.update(busy_until=None)
    party = Party.objects.create(kind=Kind.PERSON, name="Ana")
    assert views_refresh_if_due() == len(MATERIALISED)
    assert one("select party_type from core.mv_party_analytics where party_id = %s", party.pk)


def plan_of(*steps: Any, app: str = "parties") -> list[tuple[Migration, bool]]:
    migration = Migration("9999_a_test", app)
    migration.operations = list(steps)
    return [(migration, False)]


def state_apps() -> Any:
    return MigrationExecutor(connection).loader.project_state().apps


def test_only_the_views_that_read_a_column_make_way_for_its_migration() -> None:
    before = state_apps()
    text = models.CharField(max_length=99)
    of_sex = in_the_way(plan_of(AlterField("person", "sex", text)), before)
    assert of_sex == {"core.parties", "core.people", PARTY_ANALYTICS.name}
    assert in_the_way(plan_of(RenameField("lead", "seller", "broker"), app="enrichment"), before) == {LEAD_STAR.name}
    assert in_the_way(plan_of(AlterField("person", "birthplace", text)), before) == set()
    assert in_the_way(plan_of(AddField("person", "shoe_size", text)), before) == set()
    assert len(in_the_way(plan_of(RunSQL("select 1")), before)) > 8


def test_the_views_are_dropped_and_made_again_around_a_migration_of_their_columns() -> None:
    views_refresh()
    step = AlterField("person", "sex", models.CharField(max_length=30))
    plan, loader = plan_of(step), MigrationExecutor(connection).loader
    before, after = loader.project_state(), loader.project_state()
    step.state_forwards("parties", after)
    room = apps.get_app_config("enrichment")
    with pytest.raises(NotSupportedError), transaction.atomic(), connection.schema_editor() as editor:
        step.database_forwards("parties", editor, before, after)
    told = {"app_config": room, "verbosity": 0, "interactive": False, "using": "default", "stdout": None}
    pre_migrate.send(sender=room, apps=before.apps, plan=plan, **told)
    assert PARTY_ANALYTICS.name not in standing()
    assert standing()[LEAD_STAR.name].is_filled, "what the migration does not touch stays"
    with connection.schema_editor() as editor:
        step.database_forwards("parties", editor, before, after)
    post_migrate.send(sender=room, apps=after.apps, plan=plan, **told)
    assert not standing()[PARTY_ANALYTICS.name].is_filled
    assert [age.as_of is None for age in ages()] == [True, False]
    assert views_refresh_if_due() == 1
    assert standing()[PARTY_ANALYTICS.name].is_filled


def test_a_view_whose_sql_changed_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("comment on view core.people is 'what an older version said (c2s-enrich 0123)'")
    assert views_make() == ""
    assert standing()["core.people"].comment != "what an older version said (c2s-enrich 0123)"


def test_without_the_right_to_make_schemas_a_sentence_says_what_to_do() -> None:
    with connection.cursor() as cursor:
        cursor.execute("drop schema core cascade; drop schema analytics cascade; create role weak_one")
        cursor.execute("grant select on all tables in schema public to weak_one; set local role weak_one")
        assert views_make() == NOT_ALLOWED
        assert next(iter(views_are_fresh())).says == "there is no core.mv_party_analytics"
        cursor.execute("reset role; create schema core authorization weak_one")
        cursor.execute("create schema analytics authorization weak_one")
        cursor.execute("grant delete on watermarks to weak_one; set local role weak_one")
        assert views_make() == ""


def test_a_schema_core_of_somebody_elses_is_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("drop schema core cascade; create schema core; create table core.parties (id uuid)")
    assert views_make().startswith("core.parties was not made by this service")
    assert set(standing()) & {"core.people"} == set()


def erased(*contacts: Phone) -> None:
    request = request_take(wish=Wish.ERASURE, cpf=CPF(MARINAS), why="asked by e-mail", by="officer", contacts=contacts)
    erasure_order(request=request, by="officer")
    assert erasure_perform(request.pk), DataRequest.objects.get(pk=request.pk).outcome


@pytest.mark.django_db(transaction=True)
def test_whoever_is_erased_is_gone_from_the_views_when_the_request_is_done() -> None:
    known = everything_known()
    views_refresh()
    erased()
    assert rows("select 1 from core.mv_party_analytics where party_id = %s", known.person.pk) == []
    leads = rows("select party_id, city, campaign, same_phone_as from analytics.mv_mkt_lead_star")
    assert [set(lead.values()) for lead in leads] == [{None}, {None}]


@pytest.mark.django_db(transaction=True)
def test_a_lead_of_whom_nobody_was_found_is_blank_in_the_views_too() -> None:
    Lead.objects.create(lead_id="unknown", phone_value=PHONE, details={"city": "Santos", "campaign_id": "7"})
    views_refresh()
    erased(Phone(PHONE, "BR"))
    assert one("select city, campaign from analytics.mv_mkt_lead_star") == {"city": None, "campaign": None}


def test_whoever_retention_lets_go_is_gone_with_the_next_refresh(settings: Settings) -> None:
    settings.RETENTION_PROFILES = 365
    old = Party.objects.create(kind=Kind.PERSON, name="Ana")
    Person.objects.create(party=old)
    Party.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=400))
    views_refresh()
    retention_do()
    (parties, _leads) = derived()
    assert parties.left() == 1
    views_refresh()
    assert parties.left() == 0


def test_views_that_nobody_refreshes_tell_of_nobody(settings: Settings) -> None:
    everything_known()
    views_refresh()
    settings.ANALYTICS_REFRESH_MINUTES = 0
    assert views_refresh_if_due() == 0
    assert not any(standing()[view.name].is_filled for view in MATERIALISED)
    assert [age.as_of for age in ages()] == [None, None]


def test_every_materialised_view_is_spoken_of_in_a_rooms_privacy() -> None:
    found = {row["name"] for row in rows("select schemaname || '.' || matviewname as name from pg_matviews")}
    assert found == {one.name for one in derived()}
