"""Whoever was forgotten may want to be known again: at their own wish, with who, when and why."""

from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from c2s_enrich.privacy import suppression
from c2s_enrich.privacy.models import Suppressed
from parties.identifiers import CPF
from parties.models import DataRequest, Kind, Party, PartyContact, RequestState, Wish
from parties.requests.deeds import Answered, erasure_order, erasure_perform, release_perform, request_take
from tests.back_office import cpf_of, logged_in, staff

pytestmark = pytest.mark.django_db
MARINA = CPF(cpf_of(0))
OTHER = (suppression.CPF, cpf_of(5))


@pytest.fixture
def forgotten() -> None:
    party = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA.value, name="MARINA PRADO")
    PartyContact.objects.create(party=party, contact_type="phone", value="+5511987654321")
    request = request_take(wish=Wish.ERASURE, cpf=MARINA, why="asked by e-mail", by="officer")
    erasure_order(request=request, by="officer")
    assert erasure_perform(request.pk)
    suppression.suppress([OTHER])
    assert Suppressed.objects.count() == 3


def asked() -> DataRequest:
    return request_take(wish=Wish.RELEASE, cpf=MARINA, why="wants to be called again", by="officer")


@pytest.mark.usefixtures("forgotten")
def test_a_release_ends_all_that_an_erasure_listed_and_nobody_elses() -> None:
    officer = logged_in(staff("officer", "handle_datarequest"))
    request = asked()
    page = reverse("admin:parties_datarequest_change", args=[request.pk])
    assert "Take this person off the list" in officer.get(page).content.decode()
    url = reverse("admin:parties_datarequest_do", args=[request.pk, "release"])
    assert logged_in(staff("vera")).post(url).status_code == 403
    assert Suppressed.objects.count() == 3
    officer.post(url, {"note": "seen in person"})
    request.refresh_from_db()
    assert (request.state, request.done_by, request.note) == (RequestState.DONE, "officer", "seen in person")
    assert (request.done_at is not None, request.sealed, request.outcome) == (True, "", {"released": 2})
    assert suppression.suppressed_among([(suppression.CPF, MARINA.value), OTHER]) == {OTHER}
    Party.objects.create(kind=Kind.PERSON, cpf_cnpj=MARINA.value)
    with pytest.raises(Answered):
        release_perform(request=request, by="officer")


@pytest.mark.usefixtures("forgotten")
def test_nothing_but_a_request_for_it_releases_anybody(capsys: Any) -> None:
    other_wish = request_take(wish=Wish.ACCESS, cpf=MARINA, why="asked", by="officer")
    with pytest.raises(Answered):
        release_perform(request=other_wish, by="officer")
    assert Suppressed.objects.count() == 3
    call_command("privacy", "release", "--cpf", MARINA.value, "--by", "ana", "--why", "wants to be called again")
    assert "2 entries" in capsys.readouterr().out
    told = DataRequest.objects.get(wish=Wish.RELEASE)
    assert (told.taken_by, told.done_by, told.why) == ("ana", "ana", "wants to be called again")
