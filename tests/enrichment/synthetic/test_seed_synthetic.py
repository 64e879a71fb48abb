from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count
from django.test import Client

from c2s_enrich.models import api_key_make
from enrichment.models import Lead, Run
from enrichment.providers.work_api.schemas import profile_stored
from enrichment.synthetic.loading import TABLES
from enrichment.synthetic.people import human
from enrichment.synthetic.reach import mobile
from enrichment.synthetic.world import Counts, World, shares
from parties.filing.places import place_key
from parties.identifiers import Refused, document
from parties.models import Address, Kind, Party, PartyContact, PartyEnrichment, PartyRelationship
from parties.names import folded
from parties.record import known_by_contacts, known_by_documents
from tests.back_office import list_url, page_url, superuser

SCALE, DAY = 0.001, date(2026, 3, 1)
WORLD = World(seed=1, scale=SCALE, until=DAY)


def seed(**options: Any) -> str:
    told = StringIO()
    call_command("seed_synthetic", scale=SCALE, until=DAY, stdout=told, **options)
    return told.getvalue()


def counted() -> dict[str, int]:
    with connection.cursor() as cursor:
        return {table.name: cursor.execute(f"select count(*) from {table.name}").fetchone()[0] for table in TABLES}


def test_the_same_seed_makes_the_same_rows_and_another_one_others() -> None:
    for table in TABLES:
        assert list(table.rows(WORLD)) == list(table.rows(World(1, SCALE, DAY))), table.name
    assert list(TABLES[0].rows(WORLD)) != list(TABLES[0].rows(World(2, SCALE, DAY)))


@pytest.mark.parametrize(("total", "among"), [(2_594_856, 1_536_775), (7, 3), (1, 50), (0, 4)])
def test_shares_add_up_to_exactly_what_is_shared_out(total: int, among: int) -> None:
    dealt = list(shares(total, among, (1, 0, 5, 2)))
    assert (sum(dealt), len(dealt)) == (total, among)


def test_scale_one_is_the_size_of_the_service_before() -> None:
    assert World(1, 1.0, DAY).counts == Counts(
        1_124_247, 412_528, 2_594_856, 695_294, 801_768, 1_002_210, 604_450, 200_000
    )


@pytest.mark.django_db(transaction=True)
def test_a_small_database_has_everything_and_works_like_a_real_one() -> None:
    told = seed()
    counts = counted()
    expected = WORLD.counts
    assert counts["parties"] == expected.people + expected.companies
    assert counts["party_contacts"] == expected.contacts
    assert counts["party_enrichments"] == expected.enrichments
    assert counts["property_ownerships"] == expected.ownerships
    assert counts["party_relationships"] == expected.relationships
    assert counts["leads"] == counts["runs"] == expected.leads
    assert f"{sum(counts.values()):,} rows" in told
    _is_valid()
    _is_skewed()
    _is_read_like_any_other()
    _is_shown()


def _is_valid() -> None:
    """What the database cannot check itself: the forms that everything is found by."""
    for party in Party.objects.all():
        assert not isinstance(document(party.cpf_cnpj), Refused)
        assert party.folded_name == folded(party.name)
    for enrichment in PartyEnrichment.objects.all()[:100]:
        assert profile_stored(enrichment.profile) is not None
        assert len(str(enrichment.profile)) > 1000
    for home in Address.objects.all()[:100]:
        assert home.place_key == place_key(home)
    for lead in Lead.objects.select_related("party").exclude(party=None)[:50]:
        assert lead.phone_value.endswith(lead.phone)


def _is_skewed() -> None:
    behind = PartyContact.objects.values("value").annotate(people=Count("party")).order_by("-people")
    assert behind[0]["people"] >= 4, "no phone is shared"
    staff = PartyRelationship.objects.values("to_party").annotate(people=Count("pk")).order_by("-people")
    assert staff[0]["people"] >= 3, "no company has many people"
    owners = Party.objects.annotate(owned=Count("properties")).order_by("-owned")
    assert owners[0].owned >= 5, "nobody owns much"


def _is_read_like_any_other() -> None:
    enriched = Party.objects.filter(enriched=True)[0]
    record = known_by_documents([str(enriched.cpf_cnpj)])[0].record
    assert (record.name, bool(record.places), bool(record.finances)) == (enriched.name, True, True)
    contact = PartyContact.objects.filter(party__enriched=True)[0]
    assert contact.party_id in {known.record.party_id for known in known_by_contacts([contact.value])}


def _is_shown() -> None:
    party = Party.objects.filter(kind=Kind.PERSON, enriched=True)[0]
    headers = {"X-API-Key": api_key_make(name="tests", scopes=["lookup", "pii"], rate_per_second=0)[1]}
    found = Client().get("/api/v1/parties", {"name": party.name}, headers=headers).json()
    assert str(party.pk) in [hit["party_id"] for hit in found["results"]]
    by_cpf = Client().get("/api/v1/contributor/customer", {"cpf": party.cpf_cnpj}, headers=headers).json()
    assert by_cpf["personal_info"]["name"] == party.name
    boss = superuser()
    for url in (list_url(Party), list_url(Lead), list_url(Run), page_url(party), page_url(Lead.objects.all()[0])):
        assert boss.get(url).status_code == 200, url


@pytest.mark.django_db
def test_a_database_that_holds_somebody_is_left_alone() -> None:
    Party.objects.create(kind=Kind.PERSON, name="MARINA ALVES PRADO")
    with pytest.raises(CommandError, match="--force"):
        seed()
    assert Party.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_finished_leaves_nothing_behind() -> None:
    Party.objects.create(kind=Kind.PERSON, name="MARINA ALVES PRADO")
    PartyContact.objects.create(party=Party.objects.get(), contact_type="phone", value="+5511987654321")
    Lead.objects.create(lead_id="synthetic-00000007")
    with pytest.raises(Exception, match="leads_lead_id"):
        seed(force=True)
    assert (Party.objects.count(), PartyContact.objects.count()) == (1, 1)


def test_people_of_one_family_share_its_name() -> None:
    first, second = human(WORLD, 0), human(WORLD, 1)
    assert first.family == second.family
    assert first.name.split()[-1] == second.name.split()[-1]
    assert mobile(WORLD, 0) != mobile(WORLD, 1)
