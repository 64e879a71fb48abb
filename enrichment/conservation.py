"""Nothing is lost: whatever was received was delivered, ended otherwise, or is in flight."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

# A lead that came to us closed starts no run; any other lead without one was lost.
_PER_DAY = """
select (l.received_at at time zone %s)::date as day,
  count(*) as received,
  count(*) filter (where said.yes) as delivered,
  count(*) filter (where said.yes is null and
    (r.state in ('completed', 'partial', 'not_found', 'needs_review', 'failed', 'skipped')
     or r.state is null and l.closed_at is not null)) as ended,
  count(*) filter (where said.yes is null and r.state in ('queued', 'running')) as in_flight
from leads l
left join lateral (select state from runs where lead_id = l.id order by id desc limit 1) r on true
left join lateral (select true as yes from lead_messages m
  where m.lead_id = l.id and m.direction = 'out' and m.state = 'sent' limit 1) said on true
group by 1 order by 1
"""
_ORPHANS = """
select count(*) from webhook_events e where e.state = 'processed' and e.lead_id is null
"""


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    received: int
    delivered: int
    ended: int
    in_flight: int

    @property
    def difference(self) -> int:
        return self.received - self.delivered - self.ended - self.in_flight


def days(time_zone: str) -> list[Day]:
    with connection.cursor() as cursor:
        cursor.execute(_PER_DAY, [time_zone])
        return [Day(*row) for row in cursor.fetchall()]


def events_without_a_lead() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS)
        return int(cursor.fetchone()[0])
