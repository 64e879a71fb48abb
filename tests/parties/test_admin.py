import pytest
from django.test import Client

from parties.models import Party, PartyContact, PartyRelationship
from tests.back_office import CLEAR, Rows, list_url, logged_in, page_url, rows, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Rows:
    return rows()


@pytest.fixture
def viewer() -> Client:
    return logged_in(staff("viewer"))


@pytest.fixture
def officer() -> Client:
    return logged_in(staff("officer", CLEAR))


@pytest.mark.parametrize("model", [Party, PartyContact])
def test_documents_and_contacts_are_masked_for_a_viewer(made: Rows, viewer: Client, model: type[Party]) -> None:
    for url in (list_url(model), page_url(made[model])):
        body = viewer.get(url).content.decode()
        for telling in ("52998224725", "529.982.247-25", "98765-4321", "987654321"):
            assert telling not in body
    assert "(11) *****-**21" in body


def test_a_viewer_sees_the_mask(made: Rows, viewer: Client) -> None:
    for url in (list_url(Party), page_url(made[Party])):
        assert "***.982.***-**" in viewer.get(url).content.decode()


def test_whoever_may_sees_them_in_clear(made: Rows, officer: Client) -> None:
    assert "529.982.247-25" in officer.get(list_url(Party)).content.decode()
    body = officer.get(page_url(made[Party])).content.decode()
    assert "529.982.247-25" in body
    assert "(11) 98765-4321" in body
    assert "(11) 98765-4321" in officer.get(list_url(PartyContact)).content.decode()


def test_a_party_shows_all_that_is_known(made: Rows, officer: Client) -> None:
    body = officer.get(page_url(made[Party])).content.decode()
    for known in ("LUCIA ALVES", "R DAS ACACIAS, 0", "FIRMA 0", "R$ 6,089.28", "Marina Prado", "Work API"):
        assert known in body


def test_person_and_company_lead_to_each_other(made: Rows, officer: Client) -> None:
    tie = PartyRelationship.objects.get()
    assert page_url(tie.to_party) in officer.get(page_url(tie.from_party)).content.decode()
    assert page_url(tie.from_party) in officer.get(page_url(tie.to_party)).content.decode()


def test_a_value_shows_who_told_it_and_what_others_said(made: Rows, officer: Client) -> None:
    party = made[Party]
    other = {"value": "1984-03-15", "source": "diretrix", "at": "2026-01-02T10:00:00+00:00"}
    party.origins = {"birth_date": {"source": "work_api", "at": "2026-01-03T10:00:00+00:00", "others": [other]}}
    party.save()
    body = officer.get(page_url(party)).content.decode()
    assert "≠ 1984-03-15 (Diretrix)" in body
    assert "Work API · 01/03/2026" in body


@pytest.mark.parametrize("term", ["(11) 98765-4321", "529.982.247-25", "prado marina"])
def test_parties_and_contacts_are_found(made: Rows, officer: Client, term: str) -> None:
    rows(1)
    Party.objects.filter(pk=made[Party].pk).update(name="MARINA ALVES PRADO")
    for model in (Party, PartyContact):
        found = officer.get(list_url(model), {"q": term}).context["cl"].result_list
        assert made[model] in found


def test_a_name_cannot_smuggle_markup_in(made: Rows, officer: Client) -> None:
    Party.objects.filter(pk=made[Party].pk).update(name="<script>alert(1)</script>")
    for url in (list_url(Party), page_url(made[Party])):
        assert "<script>alert(1)" not in officer.get(url).content.decode()


def test_a_search_that_fits_too_many_says_how_to_narrow_it(
    made: Rows, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = "add a surname"
    assert hint not in viewer.get(list_url(Party), {"q": "marina"}).content.decode()
    monkeypatch.setattr("parties.admin.parties.MOST", 1)
    assert hint in viewer.get(list_url(Party), {"q": "marina"}).content.decode()
