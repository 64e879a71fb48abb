"""Bodies that anybody may have written."""

import io
import json
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from c2s_enrich.bodies import DEEPEST, MOST_BYTES, json_body, json_body_of_any_type, json_object
from c2s_enrich.errors import Refusal


def post(body: bytes | str, content_type: str = "application/json", **headers: str) -> HttpRequest:
    return RequestFactory().post("/api/v1/x", body, content_type=content_type, headers=headers)


def refusal(request: HttpRequest, *, any_type: bool = False) -> tuple[int, str]:
    with pytest.raises(Refusal) as refused:
        json_body_of_any_type(request) if any_type else json_body(request)
    return refused.value.status_code, refused.value.code


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json", ""],
)
def test_json_is_read_by_its_content_type(content_type: str) -> None:
    assert json_body(post('{"name": "João"}', content_type)) == {"name": "João"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
)
def test_another_type_is_refused_but_not_at_a_door(content_type: str) -> None:
    assert refusal(post("{}", content_type)) == (415, "not_json")
    assert json_body_of_any_type(post("{}", content_type)) == {}


@pytest.mark.parametrize("body", ["", "  \n"])
def test_no_body_is_an_empty_one(body: str) -> None:
    assert json_body(post(body, "text/plain")) == {}
    assert refusal(post(body), any_type=True) == (400, "malformed_json")


@pytest.mark.parametrize("body", ["{", "{]", "nul", "'a'", "[1,]", b"\xff\xfe{}", b'{"a": "\xc3"}', "[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes | str) -> None:
    assert refusal(post(body)) == (400, "malformed_json")
    assert refusal(post(body), any_type=True) == (400, "malformed_json")


@pytest.mark.parametrize("body", ["1" * 5000, "NaN", '{"a": Infinity}', '"\\u0000"', '{"a\\u0000": 1}', '["\\ud800"]'])
def test_what_cannot_be_stored_is_refused_but_not_at_a_door(body: str) -> None:
    assert refusal(post(body)) == (400, "malformed_json")
    json_body_of_any_type(post(body))


def test_a_body_may_be_so_deep_and_no_deeper() -> None:
    assert json_body(post("[" * DEEPEST + "]" * DEEPEST))
    assert refusal(post("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))) == (400, "too_deep")
    assert refusal(post('{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1))) == (400, "too_deep")


def test_a_mark_before_the_text_is_no_part_of_it() -> None:
    assert json_body(post(b"\xef\xbb\xbf{}")) == {}


def test_only_an_object_will_do_where_fields_are_read() -> None:
    with pytest.raises(Refusal, match="must be a JSON object"):
        json_object(post("[]"))
    assert json_object(post('{"a": 1}')) == {"a": 1}


def test_a_body_that_is_too_large_is_not_read() -> None:
    assert refusal(post(b" " * (MOST_BYTES + 1))) == (413, "too_large")


def test_a_chunked_body_is_read_to_its_end_and_no_further_than_allowed() -> None:
    def chunked(body: bytes) -> HttpRequest:
        request = post(b"", "application/json", **{"Transfer-Encoding": "chunked"})
        request.META |= {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        return request

    assert json_body(chunked(b'{"a": 1}')) == {"a": 1}
    assert refusal(chunked(b" " * (MOST_BYTES + 1))) == (413, "too_large")


@pytest.mark.parametrize("length", ["", "abc", "-1", "٣", "9" * 400])
def test_an_odd_length_breaks_nothing(client: Client, length: str) -> None:
    answer = client.post("/api/v1/nowhere", "{}", content_type="application/json", CONTENT_LENGTH=length)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/webhooks/c2s", "/api/v1/cache/invalidate", "/api/v1/nowhere"])
def test_every_door_refuses_what_says_it_is_too_large(client: Client, path: str) -> None:
    answer: Any = client.post(path, "{}", content_type="application/json", CONTENT_LENGTH=str(MOST_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_the_limit_lets_a_thousand_large_events_through() -> None:
    events = [{"id": str(number), "attributes": {"note": "x" * 4000}} for number in range(1000)]
    assert len(json_body_of_any_type(post(json.dumps(events)))) == 1000


def test_who_sent_broken_json_is_told_where_it_breaks_and_nothing_of_it() -> None:
    with pytest.raises(Refusal) as refused:
        json_body(post('{"cpf": "52998224725",\n "name": }'))
    assert refused.value.details == {"body": "expected JSON; it breaks off at line 2, column 10"}
