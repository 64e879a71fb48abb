"""One lead's whole story: what came through the doors, what was done with it, and what the logs say besides."""

import json
import re
from collections.abc import Iterable, Iterator

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
        if line.lstrip().startswith("{"):
            told.extend(_json_line(line, ids))
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


def _json_line(line: str, ids: set[str]) -> Iterator[Moment]:
    try:
        told = json.loads(line)
    except ValueError:
        return
    if not isinstance(told, dict) or not any(told.get(name) in ids for name in _NAMES):
        return
    at = parse_datetime(str(told.get("timestamp", "")))
    if at is not None:
        rest = " ".join(f"{key}={said}" for key, said in told.items() if key not in _OF_EVERY_LINE and said is not None)
        at = at if at.tzinfo else timezone.make_aware(at)
        yield Moment(at, "log", f"{told.get('event', '')}  {rest}".rstrip())


def moment_line(moment: Moment, zone: object) -> str:
    at = moment.at.astimezone(zone)  # type: ignore[arg-type]
    return f"{at:%Y-%m-%d %H:%M:%S}.{at:%f}"[:-3] + redacted(f"  {moment.kind:8} {moment.about:8} {moment.says}")
