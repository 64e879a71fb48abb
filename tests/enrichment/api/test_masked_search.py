"""Whoever sees masks cannot find out by trying what is behind them."""

import pytest
from django.test import Client

from c2s_enrich.privacy import access_log, masked_search
from c2s_enrich.privacy.models import AccessEntry
from parties.models import Kind, Party
from tests.back_office import cpf_of, logged_in, staff, superuser
from tests.enrichment.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True)
MARINA = "52998224725"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA, name="MARINA ALVES PRADO", enriched=True)
    monkeypatch.setattr(masked_search, "OF_STAFF", 3)
    monkeypatch.setattr(masked_search, "OF_A_KEY", 3)


@pytest.mark.parametrize("page", ["parties/party", "enrichment/lead", "parties/partycontact", "enrichment/run"])
def test_a_viewer_searches_by_number_so_many_times_and_is_written_down(page: str) -> None:
    client = logged_in(staff("viewer"))

    def search(term: str) -> str:
        return client.get(f"/admin/{page}/?q={term}").content.decode()

    for number in range(3):
        assert "too often" not in search(cpf_of(number))
    told = search(MARINA)
    assert ("too often" in told, "MARINA" in told.upper().replace("MARINA ALVES", "MARINA")) == (True, False)
    # by name as often as they like
    assert "too often" not in search("marina")
    access_log.write_out()
    assert AccessEntry.objects.filter(fields=["search by identifier"]).count() == 3
    assert not AccessEntry.objects.filter(reason__contains=MARINA).exists()


def test_whoever_sees_documents_searches_on() -> None:
    client = superuser()
    for number in range(5):
        assert b"too often" not in client.get(f"/admin/parties/party/?q={cpf_of(number)}").content


def test_a_key_without_pii_guesses_so_many_times_and_is_written_down(viewer: Caller, agent: Caller) -> None:
    asked = ("contributor/customer", "parties")
    for number in range(3):
        viewer.get(asked[number % 2], cpf=cpf_of(number + 1))
    for path in asked:
        refused = viewer.get(path, cpf=MARINA)
        assert (refused.status_code, refused.get("Retry-After")) == (429, "3600"), refused.content
    assert viewer.get("contributor/customer", name="marina alves prado").status_code == 200
    assert agent.get("contributor/customer", cpf=MARINA).status_code == 200
    access_log.write_out()
    assert AccessEntry.objects.filter(fields=["search by cpf"]).count() == 3


def test_what_is_found_counts_for_nothing(viewer: Caller, client: Client) -> None:
    for _ in range(5):
        assert viewer.get("contributor/customer", cpf=MARINA).status_code == 200
