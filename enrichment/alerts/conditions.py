"""When something is wrong, judged from the figures that `/metrics` tells: what it is about, and the figure."""

from collections.abc import Callable, Iterator

from enrichment.alerts.readings import Readings
from enrichment.alerts.thresholds import SLOW_SHARE, THRESHOLDS
from enrichment.models import AlertKind

# {a provider, a provider's span of a budget, or nothing: the figure}
About = dict[str, str]
Condition = Callable[[Readings], About]


def worker_silent(r: Readings) -> About:
    return {} if r.sum("workers") else {"": ""}


def queue_growing(r: Readings) -> About:
    rule, waiting = THRESHOLDS[AlertKind.QUEUE_GROWING], r.sum("runs_open")
    oldest = r.sum("run_oldest_seconds")
    return {"": f"{waiting:.0f}"} if oldest > rule.limit and waiting > rule.least else {}


def breaker_open(r: Readings) -> About:
    return {labels["provider"]: "" for labels, value in r.all("provider_breaker_open") if value}


def many_errors(r: Readings) -> About:
    rule = THRESHOLDS[AlertKind.MANY_ERRORS]
    counted = r.within(rule.minutes)
    if counted["answers"] <= rule.least:
        return {}
    share = counted["errors"] / counted["answers"]
    return {"": _percent(share)} if share > rule.limit else {}


def slow_answers(r: Readings) -> About:
    rule = THRESHOLDS[AlertKind.SLOW_ANSWERS]
    counted = r.within(rule.minutes)
    if counted["timed"] <= rule.least:
        return {}
    share = 1 - counted["quick"] / counted["timed"]
    return {"": _percent(share)} if share > SLOW_SHARE else {}


def few_hits(r: Readings) -> About:
    rule = THRESHOLDS[AlertKind.FEW_HITS]
    counted = r.within(rule.minutes)
    if counted["asked"] <= rule.least:
        return {}
    share = counted["known"] / counted["asked"]
    return {"": _percent(share)} if share < rule.limit else {}


def redis_full(r: Readings) -> About:
    used, limit = r.sum("redis_memory_bytes", kind="used"), r.sum("redis_memory_bytes", kind="limit")
    over = limit and used > THRESHOLDS[AlertKind.REDIS_FULL].limit * limit
    return {"": _percent(used / limit)} if over else {}


def connections_used_up(r: Readings) -> About:
    """PostgreSQL lets hardly anybody in, or a process of ours had none for somebody who waited."""
    rule = THRESHOLDS[AlertKind.CONNECTIONS_USED_UP]
    used, allowed = r.sum("database_connections", kind="used"), r.sum("database_connections", kind="allowed")
    waited = r.within(rule.minutes)["timeouts"]
    return {"": f"{used:.0f}/{allowed:.0f}"} if used > rule.limit * allowed or waited else {}


def budget_nearly_spent(r: Readings) -> About:
    limit = THRESHOLDS[AlertKind.BUDGET_NEARLY_SPENT].limit
    return {name: _percent(share) for name, share, _used_up in _budgets(r) if share >= limit}


def budget_spent(r: Readings) -> About:
    return {name: _percent(share) for name, share, used_up in _budgets(r) if used_up}


def _budgets(r: Readings) -> Iterator[tuple[str, float, bool]]:
    """A budget of nothing is a wish, not a trouble."""
    for labels, allowed in r.all("provider_budget"):
        if allowed:
            share, used_up = r.sum("provider_spent", **labels) / allowed, r.sum("provider_budget_spent", **labels)
            yield f"{labels['provider']} {labels['period']}", share, bool(used_up)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


CONDITIONS: dict[AlertKind, Condition] = {
    AlertKind.WORKER_SILENT: worker_silent,
    AlertKind.QUEUE_GROWING: queue_growing,
    AlertKind.BREAKER_OPEN: breaker_open,
    AlertKind.MANY_ERRORS: many_errors,
    AlertKind.SLOW_ANSWERS: slow_answers,
    AlertKind.FEW_HITS: few_hits,
    AlertKind.REDIS_FULL: redis_full,
    AlertKind.CONNECTIONS_USED_UP: connections_used_up,
    AlertKind.BUDGET_NEARLY_SPENT: budget_nearly_spent,
    AlertKind.BUDGET_SPENT: budget_spent,
}
