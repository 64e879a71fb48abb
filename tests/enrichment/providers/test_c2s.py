"""The CRM's quirks: opaque ids, three spellings of a moment, prices, pages."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from enrichment.models import ProviderCall
from enrichment.providers.c2s import client as c2s
from enrichment.providers.c2s.schemas import LeadCard
from enrichment.providers.errors import BadPayload, Rejected
from enrichment.sandbox import Sandbox
from enrichment.sandbox.demo import MARINA_LEAD_ID
from tests.enrichment.providers.canned import Canned, Play, answer
from tests.enrichment.providers.operations import LONG_AGO

pytestmark = pytest.mark.django_db


def listed(since: datetime = LONG_AGO) -> list[LeadCard]:
    return [card for page in c2s.leads_updated_since(since) for card in page]


def test_a_lead_is_read(sandbox: Sandbox) -> None:
    card = c2s.lead_get(MARINA_LEAD_ID)
    assert card is not None
    assert (card.lead_id, card.name, card.email) == (MARINA_LEAD_ID, "Marina Alves Prado", "marina.prado@example.com")
    assert card.phone == "(11) 98765-4321"
    assert card.updated_at == datetime(2025, 11, 22, 13, 0, 2, tzinfo=UTC)
    assert not card.closed


def test_an_unknown_lead_is_nobody(sandbox: Sandbox) -> None:
    assert c2s.lead_get("no-such-lead") is None
    assert ProviderCall.objects.get().outcome == "nobody"


@pytest.mark.parametrize("lead_id", ["7", "a/b", "a b", "ação✓", "a?b#c", "a%2Fb", "a+b&c=d", "../x", "%"])
def test_an_id_is_an_opaque_string(sandbox: Sandbox, lead_id: str) -> None:
    sandbox.add_lead(id=lead_id, phone="11987650021")
    card = c2s.lead_get(lead_id)
    assert card is not None
    assert card.lead_id == lead_id
    c2s.message_create(lead_id, "Olá")
    assert [said["body"] for said in sandbox.messages(lead_id)] == ["Olá"]


@pytest.mark.parametrize("lead_id", ["", ".", ".."])
def test_an_id_that_would_vanish_from_the_address_is_not_asked_for(sandbox: Sandbox, lead_id: str) -> None:
    with pytest.raises(Rejected):
        c2s.lead_get(lead_id)
    with pytest.raises(Rejected):
        c2s.message_create(lead_id, "Olá")
    assert sandbox.calls("c2s") == 0


@pytest.mark.parametrize("form", ["data.id", "id", "lead_id", "number"])
def test_a_created_lead_tells_its_id_in_any_of_its_forms(sandbox: Sandbox, form: str) -> None:
    sandbox.configure({"c2s": {"created_as": form}})
    lead_id = c2s.lead_create({"name": "Rui Barreto", "phone": "11987650021", "source": "Google Ads"})
    created = sandbox.lead(lead_id)
    assert created is not None
    assert created["attributes"]["customer"]["name"] == "Rui Barreto"


def test_a_created_lead_without_an_id_is_told(canned: Callable[[Play], Canned]) -> None:
    canned(answer(b'{"data": {"type": "lead"}}', status="201 Created"))
    with pytest.raises(BadPayload):
        c2s.lead_create({"name": "Rui"})


def test_a_lead_that_lacks_everything_cannot_be_created(sandbox: Sandbox) -> None:
    with pytest.raises(Rejected) as caught:
        c2s.lead_create({"name": "Rui"})
    assert caught.value.status == 422


def test_pages_are_read_to_the_last(sandbox: Sandbox) -> None:
    for number in range(120):
        sandbox.add_lead(id=f"lead-{number}", phone="11987650021")
    seen = [card.lead_id for card in listed()]
    assert len(seen) == len(set(seen)) == len(sandbox.world.crm.leads())
    assert sandbox.calls("c2s", "list_leads") == -(-len(seen) // 50)


def test_only_what_changed_since_is_listed(sandbox: Sandbox) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    sandbox.add_lead(id="new-lead", phone="11987650021")
    assert [card.lead_id for card in listed(before)] == ["new-lead"]


def test_a_page_of_exactly_fifty_is_the_last_when_the_crm_says_so(canned: Callable[[Play], Canned]) -> None:
    server = canned(_page(range(50), total=50))
    assert len(listed()) == 50
    assert len(server.requests) == 1


def test_pages_shorter_than_asked_for_and_leads_without_an_id_do_not_end_the_list(
    canned: Callable[[Play], Canned],
) -> None:
    server = canned(_page([1, None, 3], total=6, perpage=3))
    pages = iter([_page([1, None, 3], total=6, perpage=3), _page([4, 5, 6], total=6, perpage=3)])
    server.play = lambda wire: next(pages)(wire)
    assert [card.lead_id for card in listed()] == ["1", "3", "4", "5", "6"]
    assert b"page=2" in server.requests[1]


def test_without_a_count_the_list_ends_at_a_short_page(canned: Callable[[Play], Canned]) -> None:
    server = canned(_page([]))
    assert listed() == []
    server.play = _page([1])
    assert len(listed()) == 1
    assert len(server.requests) == 2


def test_a_crm_that_never_turns_the_page_is_not_asked_for_ever(canned: Callable[[Play], Canned]) -> None:
    server = canned(_page(range(50)))
    assert len(listed()) == 50
    assert len(server.requests) == 2


def test_a_page_without_any_lead_in_it_is_told(canned: Callable[[Play], Canned]) -> None:
    canned(answer(b'{"data": [5, null], "meta": {"total": 2}}'))
    with pytest.raises(BadPayload):
        listed()


def test_sellers_are_read(sandbox: Sandbox) -> None:
    listed = c2s.sellers()
    assert listed
    assert all(seller.seller_id and seller.name and "@" in seller.email for seller in listed)


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": 9, "name": "Ana", "email": "ana@example.com"}]',
        b'{"data": [{"id": "9", "type": "seller", "attributes": {"name": "Ana", "email": "ana@example.com"}}]}',
    ],
)
def test_sellers_come_in_two_shapes(canned: Callable[[Play], Canned], body: bytes) -> None:
    canned(answer(body))
    [seller] = c2s.sellers()
    assert (seller.seller_id, seller.name, seller.email) == ("9", "Ana", "ana@example.com")


def test_an_account_may_have_no_sellers(canned: Callable[[Play], Canned]) -> None:
    canned(answer(b'{"data": []}'))
    assert c2s.sellers() == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"data": {"id": 1, "name": "Casa Nova"}}', "Casa Nova"),
        (b'{"data": {"attributes": {"name": "Casa Nova"}}}', "Casa Nova"),
        (b'{"name": "Casa Nova"}', "Casa Nova"),
        (b'{"data": {"id": 1}}', ""),
    ],
)
def test_the_company_proves_the_token_even_when_it_has_no_name(
    canned: Callable[[Play], Canned], body: bytes, name: str
) -> None:
    canned(answer(body))
    assert c2s.company() == name


def test_the_token_is_sent_as_a_bearer(sandbox: Sandbox, settings: Any) -> None:
    sandbox.configure({"c2s": {"expected": settings.C2S_TOKEN}})
    assert c2s.company() == "Imobiliária Exemplo"
    sandbox.configure({"c2s": {"expected": "another"}})
    with pytest.raises(Rejected) as caught:
        c2s.company()
    assert caught.value.status == 401


def test_hooks_are_set_and_taken_away(sandbox: Sandbox) -> None:
    for action in c2s.HOOK_ACTIONS:
        c2s.subscribe("https://example.com/a", action)
        c2s.subscribe("https://example.com/b", action)
    assert sandbox.world.crm.hooks == dict.fromkeys(c2s.HOOK_ACTIONS, "https://example.com/b")
    c2s.unsubscribe("on_create_lead")
    assert "on_create_lead" not in sandbox.world.crm.hooks


def test_a_wrong_hook_is_refused(sandbox: Sandbox) -> None:
    for deed in (lambda: c2s.subscribe("https://example.com/a", "on_fire"), lambda: c2s.unsubscribe("on_fire")):
        with pytest.raises(Rejected) as caught:
            deed()
        assert caught.value.status == 422


def test_a_message_for_an_unknown_lead_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(Rejected) as caught:
        c2s.message_create("no-such-lead", "Olá")
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("status", "body"), [("201 Created", b"<html>"), ("201 Created", b""), ("200 OK", b"{}"), ("200 OK", b"")]
)
def test_a_message_is_taken_by_201_and_by_200(canned: Callable[[Play], Canned], status: str, body: bytes) -> None:
    server = canned(answer(body, status=status))
    c2s.message_create("lead-1", "Olá")
    assert len(server.requests) == 1


def test_a_message_whose_answer_cannot_be_read_may_have_been_stored(canned: Callable[[Play], Canned]) -> None:
    canned(answer(b"<html>Login</html>"))
    with pytest.raises(BadPayload) as caught:
        c2s.message_create("lead-1", "Olá")
    assert caught.value.maybe_done


def _page(ids: Any, **meta: int) -> Play:
    leads = [{"id": lead_id, "attributes": {}} for lead_id in ids]
    return answer(json.dumps({"data": leads, "meta": meta}).encode())
