"""What came of the leads, added up hour by hour: the home page reads these rows and never the runs themselves.

Doing it twice does no harm, so nobody claims an hour; a young one is counted again and again, an old one is left.
"""

import math
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

# lengths of time are kept as the power of `GROWS` they come to: within five per cent, and few numbers for any day
SHORTEST, GROWS, LONGEST = 0.01, 1.1, 200
_HOURS_AT_ONCE = 48
_KEPT_FRESH = timedelta(days=2)

_DUE = """
select h from generate_series(%(since)s, date_trunc('hour', clock_timestamp()), interval '1 hour') as h
left join hourly_figures f on f.hour = h
where f.hour is null or f.counted_at < case
  when h > clock_timestamp() - interval '2 hours' then clock_timestamp() - interval '9 seconds'
  when h > clock_timestamp() - interval '2 days' then clock_timestamp() - interval '15 minutes'
  else h + interval '2 days' end
order by h desc limit %(most)s
"""

# What a remembered answer stands for: a discovery for each contact, unless the lead gave its CPF, and the profile.
_COUNT = """
with arrived as materialized (
  select r.state, r.tier,
    case when l.document = '' then (l.phone_value <> '')::int + (l.email_value <> '')::int else 0 end as contacts,
    case when r.message_sent then least(%(longest)s, ceil(ln(greatest(
      extract(epoch from r.finished_at - r.created_at), %(shortest)s) / %(shortest)s) / ln(%(grows)s)))::int
    end as wait,
    r.tier in ('cache', 'database') and r.state in ('completed', 'partial', 'needs_review', 'not_found') as remembered
  from leads l left join lateral (
    select state, tier, message_sent, created_at, finished_at from runs
    where lead_id = l.id and trigger <> 'refresh' and repeats is null order by id desc limit 1) r on true
  where l.received_at >= %(hour)s and l.received_at < %(hour)s + interval '1 hour' and not l.is_test
), told as (
  select state, jsonb_object_agg(tier, number) as tiers from (
    select state, tier, count(*) as number from arrived where state is not null group by state, tier) t group by state
), waited as (select wait, count(*) as number from arrived where wait is not null group by wait)
insert into hourly_figures (hour, counted_at, leads, outcomes, waits, discoveries_avoided, profiles_avoided)
select %(hour)s, clock_timestamp(), count(*),
  coalesce((select jsonb_object_agg(state, tiers) from told), '{}'),
  coalesce((select jsonb_object_agg(wait, number) from waited), '{}'),
  coalesce(sum(contacts) filter (where remembered), 0),
  count(*) filter (where remembered and state <> 'not_found')
from arrived
on conflict (hour) do update set (counted_at, leads, outcomes, waits, discoveries_avoided, profiles_avoided)
  = (excluded.counted_at, excluded.leads, excluded.outcomes, excluded.waits,
     excluded.discoveries_avoided, excluded.profiles_avoided)
returning leads
"""


def figures_roll_up() -> int:
    """Count what is due, the latest hours first; how many leads were counted."""
    return sum(hour_count(hour) for hour in _due(min(month_begins(), timezone.now() - _KEPT_FRESH)))


def hour_count(hour: datetime) -> int:
    values: dict[str, Any] = {"hour": hour, "shortest": SHORTEST, "grows": GROWS, "longest": LONGEST}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        return int(cursor.fetchone()[0])


def percentile(waits: dict[str, int], share: float) -> float | None:
    """Seconds that `share` of those who waited did not exceed; None when nobody did."""
    lengths = sorted((int(power), number) for power, number in waits.items())
    reached = accumulate(number for _, number in lengths)
    wanted = math.ceil(share * sum(waits.values()))
    return next(
        (seconds_of(power) for (power, _), so_far in zip(lengths, reached, strict=True) if so_far >= wanted), None
    )


def seconds_of(power: int) -> float:
    """The middle of what was rounded up to this power."""
    return SHORTEST * GROWS ** max(0.0, power - 0.5)


def month_begins() -> datetime:
    return timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _due(since: datetime) -> list[datetime]:
    with connection.cursor() as cursor:
        whole = since.replace(minute=0, second=0, microsecond=0)
        cursor.execute(_DUE, {"since": whole, "most": _HOURS_AT_ONCE})
        return [hour for (hour,) in cursor.fetchall()]
