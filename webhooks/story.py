"""One lead's whole story: what came through the doors, what was done with it, and what the logs say besides."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from c2s_enrich.logs import redacted
from enrichment.models import Lead, Run
from enrichment.story import Moment, story_told
from webhooks.models import Door, WebhookEvent

_NAMES = ("lead", "run", "request_id")
# a line for a terminal: what it names, and what it names it by
_NAMED = re.compile(rf"\b({'|'.join(_NAMES)})=(\S+)")
_OF_EVERY_LINE = {"timestamp", "event", "level", "logger", "request_id"}


def lead_story(lead: Lead, log: Iterable[str] = ()) -> tuple[list[Moment], list[str]]:
    """In order; and lines of the log that do not say on which day they were written, as they stand there."""
    told = [*story_told(lead), *_events(lead)]
    ids = _ids(lead)
    undated = []
    for line in log:
        if fields := _json_fields(line):
            told.extend(_logged(fields, ids))
        elif any(value.strip('"') in ids for _name, value in _NAMED.findall(line)):
            undated.append(line.rstrip("\n"))
    return sorted(told, key=lambda moment: moment.at), undated


def _events_of(lead: Lead) -> Q:
    # one that was rejected belongs to no lead, and may yet be about this one
    return Q(lead=lead) | Q(door__in=Door.values, external_id=lead.lead_id)


def _events(lead: Lead) -> Iterator[Moment]:
    for event in WebhookEvent.objects.filter(_events_of(lead)).defer("payload", "text"):
        why = f": {event.error}" if event.error else ""
        says = f"{event.door} {event.hook_action or 'event'} {event.state}{why}, request {event.request_id or 'none'}"
        yield Moment(event.received_at, "webhook", says)


def _ids(lead: Lead) -> set[str]:
    """What lines of the log may name it by."""
    runs = Run.objects.filter(lead=lead).values_list("pk", "request_id")
    requests = WebhookEvent.objects.filter(_events_of(lead)).values_list("request_id", flat=True)
    found = {str(lead.pk), lead.lead_id, lead.crm_id, *requests}
    for pk, request_id in runs:
        found |= {str(pk), request_id}
    return found - {""}


def _json_fields(line: str) -> dict[str, Any]:
    """Of a line as production writes it; whoever collects logs may have put a name in front."""
    try:
        told = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _logged(fields: dict[str, Any], ids: set[str]) -> Iterator[Moment]:
    at = parse_datetime(str(fields.get("timestamp", "")))
    if at is not None and any(fields.get(name) in ids for name in _NAMES):
        told = {name: said for name, said in fields.items() if name not in _OF_EVERY_LINE and said is not None}
        rest = " ".join(f"{name}={said}" for name, said in told.items())
        at = at if at.tzinfo else timezone.make_aware(at)
        yield Moment(at, "log", f"{fields.get('event', '')}  {rest}".rstrip())


def moment_line(moment: Moment, zone: tzinfo) -> str:
    at = moment.at.astimezone(zone)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at:%f}"[:-3] + redacted(f"  {moment.kind:8} {moment.about:8} {moment.says}")
