from collections.abc import Callable
from datetime import datetime
from re import Match
from typing import Any

from enrichment.sandbox.crm import LOCAL, Lead
from enrichment.sandbox.exchange import Answer, Refusal, Request, decoded, json_answer
from enrichment.sandbox.leads import SELLERS, lead_add
from enrichment.sandbox.world import Call, Handler, Route, World

NAME = "c2s"
LARGEST_PAGE = 50
HOOK_ACTIONS = ("on_create_lead", "on_update_lead", "on_close_lead")
SORTED_BY = ("updated_at", "created_at")
CREATED_AS: dict[str, Callable[[str], dict[str, Any]]] = {
    "data.id": lambda lead_id: {"data": {"id": lead_id, "type": "lead"}},
    "id": lambda lead_id: {"id": lead_id},
    "lead_id": lambda lead_id: {"success": True, "lead_id": lead_id},
    "number": lambda lead_id: {"data": {"id": int(lead_id), "type": "lead"}},
}


def lead_get(world: World, request: Request, call: Call) -> Answer:
    lead = world.crm.get(call.identifier)
    return json_answer({"data": lead}) if lead else _failure(404, "Lead not found")


def lead_list(world: World, request: Request, call: Call) -> Answer:
    page = _positive(request, "page", 1)
    perpage = min(_positive(request, "perpage", LARGEST_PAGE), LARGEST_PAGE)
    leads = _sorted(_updated_since(world.crm.leads(), request.query.get("updated_gte")), request)
    meta = {"total": len(leads), "page": page, "perpage": perpage}
    return json_answer({"data": leads[(page - 1) * perpage : page * perpage], "meta": meta})


def lead_create(world: World, request: Request, call: Call) -> Answer:
    attributes = (request.json_object().get("data") or {}).get("attributes")
    if not isinstance(attributes, dict) or not (attributes.get("phone") or attributes.get("email")):
        return _failure(422, "A lead needs data.attributes with a phone or an e-mail")
    form = world.crm.created_as
    lead_id = world.crm.new_id(numeric=form == "number")
    known = {key: attributes.get(key) for key in ("name", "phone", "email", "description")}
    lead_add(world, id=lead_id, attributes=_asked_for(attributes), **known)
    return json_answer(CREATED_AS[form](lead_id), 201)


def message_create(world: World, request: Request, call: Call) -> Answer:
    text = request.json_object().get("body")
    if not isinstance(text, str) or not text.strip():
        return _failure(422, "body can't be blank")
    said = world.crm.say(call.identifier, text)
    if said is None:
        return _failure(404, "Lead not found")
    return json_answer({"data": {"id": said["id"], "type": "message", "lead_id": call.identifier}}, 201)


def sellers(world: World, request: Request, call: Call) -> Answer:
    return json_answer({"data": [{**seller, "type": "seller", "active": True} for seller in SELLERS]})


def company(world: World, request: Request, call: Call) -> Answer:
    return json_answer({"data": {"id": "co-1", "type": "company", "name": "Imobiliária Exemplo"}})


def subscribe(world: World, request: Request, call: Call) -> Answer:
    body = request.json_object()
    action, url = body.get("hook_action"), body.get("hook_url")
    if action not in HOOK_ACTIONS:
        return _failure(422, f"hook_action must be one of {', '.join(HOOK_ACTIONS)}")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return _failure(422, "hook_url is not an address")
    world.crm.hooks[action] = url
    return json_answer({"success": True})


def unsubscribe(world: World, request: Request, call: Call) -> Answer:
    action = request.json_object().get("hook_action")
    if action not in HOOK_ACTIONS:
        return _failure(422, f"hook_action must be one of {', '.join(HOOK_ACTIONS)}")
    world.crm.hooks.pop(action, None)
    return json_answer({"success": True})


def event_of(lead: Lead, action: str) -> dict[str, Any]:
    """The webhook body that C2S sends for a lead."""
    kept = ("updated_at", "customer", "product", "seller", "lead_source", "lead_status", "log", "messages")
    attributes = {key: lead["attributes"].get(key) for key in kept}
    return {"id": lead["id"], "hook_action": action, "attributes": attributes}


def _asked_for(attributes: dict[str, Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if source := attributes.get("source"):
        chosen["lead_source"] = {"id": 9, "name": source}
    if product := attributes.get("product"):
        chosen["product"] = product if isinstance(product, dict) else {"description": product}
    if named := [seller for seller in SELLERS if seller["id"] == attributes.get("seller_id")]:
        chosen["seller"] = named[0]
    return chosen


def _updated_since(leads: list[Lead], since: str | None) -> list[Lead]:
    if not since:
        return leads
    try:
        # A plus sign that nobody encoded arrives as a blank.
        moment = datetime.fromisoformat(since.replace(" ", "+") if "T" in since else since)
    except ValueError as error:
        raise Refusal(422, "updated_gte is not a date") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LOCAL)
    return [lead for lead in leads if _moment(lead, "updated_at") >= moment]


def _sorted(leads: list[Lead], request: Request) -> list[Lead]:
    sort = request.query.get("sort", "-created_at")
    key = sort.removeprefix("-")
    if key not in SORTED_BY:
        raise Refusal(422, "sort is unknown")
    return sorted(leads, key=lambda lead: _moment(lead, key), reverse=sort.startswith("-"))


def _moment(lead: Lead, key: str) -> datetime:
    return datetime.fromisoformat(lead["attributes"][key])


def _positive(request: Request, name: str, default: int) -> int:
    text = request.query.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise Refusal(422, f"{name} is not a positive number")
    return int(text)


def _failure(status: int, sentence: str) -> Answer:
    return json_answer({"success": False, "msg": sentence}, status)


def _route(method: str, pattern: str, operation: str, handler: Handler) -> Route:
    def call(request: Request, match: Match[str]) -> Call:
        return Call(NAME, operation, decoded(match.group(1)) if match.groups() else "")

    def guarded(world: World, request: Request, asked: Call) -> Answer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not world.admits(NAME, token.strip()):
            return _failure(401, "Unauthorized")
        return handler(world, request, asked)

    return Route(method, pattern, call, guarded)


LEADS = "/integration/leads"
ROUTES = (
    _route("POST", rf"{LEADS}/subscribe", "subscribe", subscribe),
    _route("POST", rf"{LEADS}/unsubscribe", "unsubscribe", unsubscribe),
    _route("POST", rf"{LEADS}/([^/]+)/create_message", "create_message", message_create),
    _route("GET", rf"{LEADS}/([^/]+)", "get_lead", lead_get),
    _route("GET", LEADS, "list_leads", lead_list),
    _route("POST", LEADS, "create_lead", lead_create),
    _route("GET", "/integration/sellers", "sellers", sellers),
    _route("GET", "/integration/company", "company", company),
)
OPERATIONS = (
    "get_lead",
    "list_leads",
    "create_lead",
    "create_message",
    "sellers",
    "company",
    "subscribe",
    "unsubscribe",
)
