"""A lead of the CRM, whatever is missing from it or of another type."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from enrichment.providers.c2s.schemas import created_id, identifier, lead_card, lead_in, moment


@pytest.mark.parametrize(
    ("body", "lead_id"),
    [
        ({"data": {"id": "a1"}}, "a1"),
        ({"data": {"id": 77}}, "77"),
        ({"id": "a1"}, "a1"),
        ({"id": 77}, "77"),
        ({"lead_id": "a1"}, "a1"),
        ({"lead_id": 77.0}, "77"),
        ({"data": None, "lead_id": "a1"}, "a1"),
        ({"data": {"id": ""}, "id": "a1"}, "a1"),
        ({"data": {"id": True}}, ""),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_where_a_new_id_is_found(body: Any, lead_id: str) -> None:
    assert created_id(body) == lead_id


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-11-22T10:00:02.000-03:00", datetime(2025, 11, 22, 13, 0, 2, tzinfo=UTC)),
        ("2025-11-22T13:00:02Z", datetime(2025, 11, 22, 13, 0, 2, tzinfo=UTC)),
        ("2025-11-22 10:00:02.123 -0300", datetime(2025, 11, 22, 13, 0, 2, 123_000, tzinfo=UTC)),
        ("2025-11-22 10:00:02", datetime(2025, 11, 22, 10, 0, 2, tzinfo=UTC)),
        ("2025-11-22T10:00:02.5", datetime(2025, 11, 22, 10, 0, 2, 500_000, tzinfo=UTC)),
        ("22/11/2025 10:00", None),
        ("2025-13-40T10:00:00Z", None),
        ("1732010112345", None),
        (1732010112, None),
        ("", None),
        (None, None),
        ({}, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_moments(written: Any, read: datetime | None) -> None:
    assert moment(written) == read


@pytest.mark.parametrize(
    ("product", "price"),
    [
        ({"price": "1.350.000,00", "price_float": 1350000.0}, "1350000.00"),
        ({"price": "350.000,00"}, "350000.00"),
        ({"price": "R$ 350.000,00", "price_float": None}, "350000.00"),
        ({"price_float": "350000.5"}, "350000.50"),
        ({"price": "sob consulta"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_prices(product: Any, price: str | None) -> None:
    assert lead_card("1", {"product": product}).price == (price and Decimal(price))


@pytest.mark.parametrize(
    ("customer", "phone", "phone2"),
    [
        ({"phone": "(11) 98765-4321", "phone_global": "+5511987654321"}, "(11) 98765-4321", ""),
        ({"phone": None, "phone_global": "+5511987654321", "phone2": "1"}, "+5511987654321", "1"),
        ({"phone": "", "phone_global": "", "phone2": 1133334444}, "1133334444", ""),
        ({"phone": "3333-4444", "phone_global": "+551133334444", "phone2": "9"}, "3333-4444", "9"),
        ({"phone": 11987654321}, "11987654321", ""),
        ("Marina", "", ""),
        (None, "", ""),
    ],
)
def test_phones_come_under_three_names(customer: Any, phone: str, phone2: str) -> None:
    card = lead_card("1", {"customer": customer})
    assert (card.phone, card.phone2) == (phone, phone2)


@pytest.mark.parametrize("attributes", [None, [], "x", 5, {}, {"customer": 5, "messages": 7, "done_details": []}])
def test_a_lead_without_the_usual_shape_is_still_a_lead(attributes: Any) -> None:
    assert lead_card("1", attributes).lead_id == "1"
    assert lead_in({"data": {"id": 1, "attributes": attributes}}) == lead_card("1", attributes)


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": {}}, {"data": {"id": None}}])
def test_a_lead_without_an_id_is_none(body: Any) -> None:
    assert lead_in(body) is None


def test_ids_of_numbers_lose_no_digit() -> None:
    assert (identifier(918273), identifier(918273.0), identifier(None)) == ("918273", "918273", "")


def test_a_conversation_is_read() -> None:
    said = [{"message": "Oi\ntudo bem?", "sender": "customer", "created_at": "2025-11-22 10:00:00"}, {"message": ""}, 5]
    [heard] = lead_card("1", {"messages": said}).messages
    assert (heard.sender, heard.body, heard.at) == (
        "customer",
        "Oi\ntudo bem?",
        datetime(2025, 11, 22, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize("attributes", [{"done_details": {"done": True}}, {"archive_details": {"archived": "SIM"}}])
def test_a_lead_that_is_done_or_archived_is_closed(attributes: dict[str, Any]) -> None:
    assert lead_card("1", attributes).closed
