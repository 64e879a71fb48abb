from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from enrichment.providers.errors import RateLimited, Rejected, Unavailable
from enrichment.providers.statuses import error_for_status, refusal_inside, seconds_to_wait, status_inside


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("99999999999", 86400.0),
        ("1e300", 86400.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Wed, 99 Foo 2026 10:00:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header) == seconds


def test_a_wait_may_be_told_as_a_moment() -> None:
    moment = datetime.now(UTC) + timedelta(hours=2)
    assert seconds_to_wait(format_datetime(moment, usegmt=True)) == pytest.approx(7200, abs=60)


def test_every_status_that_is_no_answer_becomes_an_error() -> None:
    for status in (*range(100, 200), *range(300, 600)):
        error = error_for_status("c2s", status)
        assert (type(error), error.status) == (_kind(status), status)
        assert error.permanent is (error.__class__ is Rejected)
        assert error.maybe_done is (status in (502, 504))


def _kind(status: int) -> type:
    if status == 429:
        return RateLimited
    return Unavailable if status >= 500 or status in (408, 425) else Rejected


def test_too_many_requests_carry_their_wait() -> None:
    error = error_for_status("c2s", 429, "12")
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.permanent, str(error)) == (12.0, False, "c2s: too many requests")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": 403}, 403),
        ({"status": "403"}, 403),
        ({"status": 403.0}, 403),
        ({"status": " 429 - LIMITE ATINGIDO"}, 429),
        ({"status": "active"}, None),
        ({"status": 4031}, None),
        ({"status": 7}, None),
        ({"status": True}, None),
        ({"status": None}, None),
        ({"status": {"code": 403}}, None),
        ({}, None),
        ([{"status": 403}], None),
        (None, None),
    ],
)
def test_a_status_inside_an_answer(body: Any, status: int | None) -> None:
    assert status_inside(body) == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"status": 200}, None),
        ({"status": "201"}, None),
        ({"success": True}, None),
        ({"data": {"status": 500}}, None),
        ({"success": False, "msg": "no"}, Rejected),
        ({"status": "error"}, Rejected),
        ({"status": 403, "reason": "MODULO NAO CONTRATADO"}, Rejected),
        ({"status": 429}, RateLimited),
        ({"status": "500"}, Unavailable),
        ([], None),
    ],
)
def test_a_refusal_inside_an_answer(body: Any, kind: type | None) -> None:
    refusal = refusal_inside("c2s", body)
    assert (type(refusal) if refusal else None) is kind
