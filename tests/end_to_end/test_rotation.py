"""SECRET_KEY changes, and nothing that was bought, promised or asked is lost on the way."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich import known_keys, sealed_cache
from c2s_enrich.checks import nobody_forgotten_comes_back
from c2s_enrich.privacy.suppression import CPF, digest_of, is_suppressed
from enrichment import flights
from enrichment.flights import fly
from enrichment.forgotten import erased_id
from enrichment.lookup import Paying, Question, look_up
from enrichment.memory import Namesake, discovered, discovery_note
from enrichment.models import Discovery, Flight
from enrichment.providers.errors import Withheld
from enrichment.sandbox import Sandbox
from parties.identifiers import Phone
from parties.models import DataRequest, PartyContact, RequestState, Wish
from parties.requests.deeds import cpf_of, erasure_order, erasure_perform, request_take
from tests.back_office import superuser
from tests.enrichment.api.people import MARINA, MARINAS_PHONE
from tests.enrichment.leads import paid_calls

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = Phone(MARINAS_PHONE, "BR")
SOMEBODY = [Namesake(MARINA.value, "MARINA ALVES PRADO")]


def rotate(settings: Settings, to: str = "the-next-key-" + "n" * 40) -> None:
    settings.SUPPRESSION_KEYS = settings.SUPPRESSION_KEYS or [settings.SECRET_KEY]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], to
    forget_caches()


def drop_former(settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = []
    forget_caches()


def forget_caches() -> None:
    """As after a restart with an empty Redis: only the database can know."""
    cache.clear()
    known_keys._known.clear()


def bought_again(sandbox: Sandbox) -> int:
    """As for a contact that led to somebody and is on nobody's record."""
    PartyContact.objects.filter(value=MARINAS_PHONE).delete()
    before = sum(paid_calls(sandbox).values())
    assert look_up(Question((PHONE,)), paying=Paying.IF_UNKNOWN) is not None
    forget_caches()
    return sum(paid_calls(sandbox).values()) - before


def test_what_was_bought_under_the_former_key_is_never_bought_again(sandbox: Sandbox, settings: Settings) -> None:
    look_up(Question((PHONE,)), paying=Paying.IF_UNKNOWN)
    assert sum(paid_calls(sandbox).values()) == 2
    rotate(settings)
    assert bought_again(sandbox) == 0
    call_command("rekey")
    drop_former(settings)
    assert bought_again(sandbox) == 0
    # and once more: what was moved can be moved again
    rotate(settings, to="the-one-after-" + "m" * 40)
    call_command("rekey")
    drop_former(settings)
    assert bought_again(sandbox) == 0


def test_without_the_command_the_answer_is_lost_with_the_former_key(settings: Settings) -> None:
    """Else the tests here would prove nothing."""
    discovery_note(PHONE, SOMEBODY)
    rotate(settings)
    drop_former(settings)
    assert discovered([PHONE]) == {}
    with pytest.raises(CommandError, match="1 rows cannot be read"):
        call_command("rekey")


def test_of_two_answers_the_newer_is_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrichment.rekeying.BATCH", 1)
    others = [Phone(f"+55119876500{number:02}", "BR") for number in range(5)]
    for contact in (PHONE, *others):
        discovery_note(contact, [])
    Discovery.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
    rotate(settings)
    discovery_note(PHONE, SOMEBODY)
    assert discovered([PHONE]) == {PHONE.value: SOMEBODY}
    for _ in range(2):
        call_command("rekey")
        assert discovered([PHONE, *others]) == {PHONE.value: SOMEBODY} | {other.value: [] for other in others}
        assert Discovery.objects.count() == 6


def test_whoever_was_forgotten_stays_so(settings: Settings) -> None:
    request = request_take(wish=Wish.ERASURE, cpf=MARINA, why="asked by e-mail", by="officer")
    erasure_order(request=request, by="officer")
    assert erasure_perform(request.pk)
    shell = erased_id("lead-1")
    rotate(settings)
    assert is_suppressed(CPF, MARINA.value)
    call_command("rekey")
    drop_former(settings)
    assert is_suppressed(CPF, MARINA.value)
    assert DataRequest.objects.get().digest == digest_of(CPF, MARINA.value)
    # a webhook that the CRM repeats still meets the empty shell of its lead
    assert erased_id("lead-1") == shell


def test_the_key_does_not_change_before_the_list_of_the_forgotten_has_its_own(settings: Settings) -> None:
    assert nobody_forgotten_comes_back() == []
    settings.SECRET_KEY_FALLBACKS = ["another"]
    assert [message.id for message in nobody_forgotten_comes_back()] == ["c2s_enrich.E007"]
    settings.SUPPRESSION_KEYS = [settings.SECRET_KEY]
    assert nobody_forgotten_comes_back() == []


def test_an_open_request_can_still_be_answered(settings: Settings) -> None:
    request = request_take(wish=Wish.ACCESS, cpf=MARINA, why="asked by e-mail", by="officer")
    rotate(settings)
    call_command("rekey")
    drop_former(settings)
    kept = DataRequest.objects.get(pk=request.pk)
    assert (kept.state, cpf_of(kept)) == (RequestState.OPEN, MARINA)


def test_nobody_is_logged_out_and_no_key_dies(settings: Settings, key: str) -> None:
    """Sessions are signed; keys and second factors do not depend on SECRET_KEY."""
    staff = superuser()
    rotate(settings)
    assert staff.get("/admin/").status_code == 200
    drop_former(settings)
    assert staff.get("/api/v1/leads/x", headers={"Authorization": f"Bearer {key}"}).status_code == 404


def test_processes_that_know_different_keys_do_not_ask_the_same_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys are exchanged process by process, and the former comes first for some, the next for others."""
    monkeypatch.setattr(flights, "PATIENCE", 0)
    former, following = settings.SECRET_KEY, "the-next-key-" + "n" * 40
    known_by = [[former], [former, following], [following, former], [following]]
    for one, other in pairwise(known_by):
        for first, second in ((one, other), (other, one)):
            settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = first
            assert flights._take_off(sealed_cache.identifier_hashes("phone", PHONE.value), 60)
            settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = second
            with pytest.raises(Withheld):
                fly(PHONE, known=lambda: None, ask=lambda: "paid twice", longest=10)
            Flight.objects.all().delete()
