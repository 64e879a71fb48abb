import pytest

from enrichment.models import Lead
from tests.back_office import CLEAR, list_url, logged_in, page_url, rows, staff
from webhooks.models import Door, EventState, WebhookEvent

pytestmark = pytest.mark.django_db


def test_a_viewer_reads_the_payload_masked() -> None:
    made, client = rows(), logged_in(staff("viewer"))
    body = client.get(page_url(made[WebhookEvent])).content.decode()
    assert "(11) *****-**21" in body
    assert "***.982.***-**" in body
    assert "98765-4321" not in body
    assert "52998224725" not in body


def test_whoever_may_reads_it_as_it_came_but_for_the_secret() -> None:
    made, client = rows(), logged_in(staff("officer", CLEAR))
    body = client.get(page_url(made[WebhookEvent])).content.decode()
    assert "(11) 98765-4321" in body
    assert "52998224725" in body
    assert "a-key-of-the-door" not in body


def test_an_event_leads_to_its_lead_and_back() -> None:
    made, client = rows(), logged_in(staff("viewer"))
    assert page_url(made[Lead]) in client.get(page_url(made[WebhookEvent])).content.decode()
    assert page_url(made[WebhookEvent]) in client.get(page_url(made[Lead])).content.decode()


def test_a_rejected_event_says_why() -> None:
    event = WebhookEvent.objects.create(
        door=Door.C2S,
        version="1",
        payload=["<b>odd</b>", 7],
        state=EventState.REJECTED,
        error="an event must be an object",
    )
    client = logged_in(staff("viewer"))
    for url in (list_url(WebhookEvent), page_url(event)):
        body = client.get(url).content.decode()
        assert "an event must be an object" in body
        assert "Rejected" in body
        assert "<b>odd" not in body


def test_an_event_is_found_by_its_lead_id() -> None:
    made, client = rows(), logged_in(staff("viewer"))
    rows(1)
    found = client.get(list_url(WebhookEvent), {"q": " lead-0 "}).context["cl"].result_list
    assert list(found) == [made[WebhookEvent]]


def test_the_list_does_not_read_the_payloads() -> None:
    made, client = rows(), logged_in(staff("viewer"))
    [event] = client.get(list_url(WebhookEvent)).context["cl"].result_list
    assert event == made[WebhookEvent]
    assert event.get_deferred_fields() == {"payload", "text"}


def test_a_body_that_was_no_json_is_shown_as_it_was_kept() -> None:
    event = WebhookEvent.objects.create(
        door=Door.C2S, version="2", text="phone=11 98765-4321 <b>", state=EventState.REJECTED, error="no JSON"
    )
    masked, clear = (logged_in(staff(*who)).get(page_url(event)).content.decode() for who in (("a",), ("b", CLEAR)))
    assert "98765-4321" not in masked
    assert "phone=11 98765-4321 &lt;b&gt;" in clear
