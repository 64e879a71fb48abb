"""The sandbox's own pages and controls: everything outside the three providers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from enrichment.sandbox.c2s import HOOK_ACTIONS, event_of
from enrichment.sandbox.control.faults import Faults
from enrichment.sandbox.control.settings import settings_apply, settings_show
from enrichment.sandbox.control.stats import Stats
from enrichment.sandbox.exchange import Answer, Refusal, Request, html_answer, json_answer
from enrichment.sandbox.leads import lead_add
from enrichment.sandbox.pages import inbox_page, people_page
from enrichment.sandbox.person import Person
from enrichment.sandbox.work_profile import profile_of
from enrichment.sandbox.world import World

WEBHOOK_SECONDS = 10


class Desk:
    def __init__(self, world: World, faults: Faults, stats: Stats) -> None:
        self.world = world
        self.faults = faults
        self.stats = stats
        self._deeds: Mapping[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "/"): self._inbox,
            ("GET", "/inbox"): self._inbox,
            ("GET", "/_people"): self._people,
            ("GET", "/_health"): lambda request: json_answer({"status": "healthy", "service": "sandbox"}),
            ("GET", "/_messages"): self._messages,
            ("GET", "/_stats"): lambda request: json_answer(stats.show()),
            ("DELETE", "/_stats"): self._stats_reset,
            ("GET", "/_control"): lambda request: json_answer(settings_show(world, faults)),
            ("POST", "/_control"): self._control,
            ("POST", "/_control/leads"): self._leads,
            ("POST", "/_control/people"): self._register,
            ("POST", "/_control/webhook"): self._webhook,
        }

    def answer(self, request: Request) -> Answer:
        deed = self._deeds.get((request.method, request.below("")))
        return deed(request) if deed else json_answer({"error": "There is nothing at this address."}, 404)

    def _inbox(self, request: Request) -> Answer:
        return html_answer(inbox_page(self.world.crm))

    def _people(self, request: Request) -> Answer:
        people = self.world.people
        if phone := request.query.get("phone"):
            return json_answer([shown(person) for person in people.by_phone(phone)])
        if email := request.query.get("email"):
            return json_answer([shown(person) for person in people.by_email(email)])
        return html_answer(people_page())

    def _messages(self, request: Request) -> Answer:
        return json_answer({"messages": self.world.crm.messages(request.query.get("lead_id"))})

    def _stats_reset(self, request: Request) -> Answer:
        self.stats.reset()
        return json_answer({"reset": True})

    def _control(self, request: Request) -> Answer:
        settings_apply(self.world, self.faults, self.stats, request.json_object())
        return json_answer(settings_show(self.world, self.faults))

    def _leads(self, request: Request) -> Answer:
        leads = [lead_add(self.world, **fields) for fields in _rows(request)]
        return json_answer({"data": leads}, 201)

    def _register(self, request: Request) -> Answer:
        people = [self.world.people.add(**fields) for fields in _rows(request)]
        return json_answer({"data": [shown(person) for person in people]}, 201)

    def _webhook(self, request: Request) -> Answer:
        body = request.json_object()
        action = body.get("hook_action", HOOK_ACTIONS[0])
        lead = self.world.crm.get(str(body.get("lead_id")))
        if lead is None:
            raise Refusal(404, "There is no such lead.")
        url = body.get("url") or self.world.crm.hooks.get(action, "")
        return json_answer({"status": _post(url, event_of(lead, action))})


def shown(person: Person) -> dict[str, Any]:
    fields = {**asdict(person), "birth_date": person.birth_date.isoformat()}
    del fields["sections"]
    return {**fields, "profile": profile_of(person)}


def _rows(request: Request) -> list[dict[str, Any]]:
    body = request.json()
    rows = body if isinstance(body, list) else [body]
    if not all(isinstance(row, dict) for row in rows):
        raise Refusal(400, "Send one JSON object or a list of them.")
    return rows


def _post(url: str, event: dict[str, Any]) -> int:
    parts = urlsplit(url)
    if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
        raise Refusal(422, "A webhook goes to a loopback http address only.")
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=WEBHOOK_SECONDS)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request("POST", target, json.dumps(event), {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise Refusal(502, "The webhook's address does not answer.") from error
    finally:
        connection.close()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
