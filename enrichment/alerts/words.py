"""What is said of an alert: never whom a lead is about, only its id and where staff find it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from c2s_enrich.logs import redacted
from enrichment.alerts.conditions import About
from enrichment.alerts.judging import MORE
from enrichment.models import NEWS, AlertKind, AlertNotice, Lead
from enrichment.providers.names import NAMES

SPANS = {"day": _("the day's budget"), "month": _("the month's budget")}
# what the figure of each kind counts
FIGURES = {
    AlertKind.QUEUE_GROWING: _("leads waiting or under way"),
    AlertKind.MANY_ERRORS: _("of the answers of the last ten minutes"),
    AlertKind.SLOW_ANSWERS: _("of the answers of the last ten minutes took more than two seconds"),
    AlertKind.FEW_HITS: _("of the questions of the last hour were answered by what is known"),
    AlertKind.REDIS_FULL: _("of Redis's memory"),
    AlertKind.CONNECTIONS_USED_UP: _("of PostgreSQL's connections"),
}
DO = {
    AlertKind.WORKER_SILENT: _("Leads wait in the database. Start manage.py worker; its log says why it ended."),
    AlertKind.QUEUE_GROWING: _("Look at the providers' page; start another worker if none of them is the reason."),
    AlertKind.BREAKER_OPEN: _("Nothing, if it comes back: runs wait and try again. Else ask the provider."),
    AlertKind.MANY_ERRORS: _("Run manage.py doctor; look for the request ids in the log."),
    AlertKind.SLOW_ANSWERS: _("Look at the database's load; start more web processes."),
    AlertKind.FEW_HITS: _("Look whether Redis was emptied, or a new source sends people we do not know."),
    AlertKind.REDIS_FULL: _("Give it more maxmemory, if the hit rate falls."),
    AlertKind.CONNECTIONS_USED_UP: _("Lower DB_POOL_SIZE or raise max_connections; manage.py doctor counts."),
    AlertKind.BUDGET_NEARLY_SPENT: _("Raise it, or wait for the next one."),
    AlertKind.BUDGET_SPENT: _("Runs wait. Raise it, or wait for the next one."),
    AlertKind.LEAD_GAVE_UP: _("Look at its runs, and rerun it once the reason is mended."),
    AlertKind.HIGH_VALUE_LEAD: _("Call soon."),
}
_CLEAR, _TROUBLE, _GOOD = "#2e7d32", "#c62828", "#1565c0"


@dataclass(frozen=True, slots=True)
class Said:
    headline: str
    lines: list[str]
    colour: str

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def said(notice: AlertNotice) -> Said:
    with override(settings.ALERT_LANGUAGE):
        kind = AlertKind(notice.kind)
        title = str(kind.label)
        if notice.is_all_clear:
            return Said(f"[c2s-enrich] {_('Over:')} {title}", [*_about(kind, notice.about, figures=False)], _CLEAR)
        colour = _GOOD if kind == AlertKind.HIGH_VALUE_LEAD else _TROUBLE
        return Said(f"[c2s-enrich] {title}", [*_about(kind, notice.about), str(DO[kind]), *_link(kind)], colour)


def said_of_a_test() -> Said:
    with override(settings.ALERT_LANGUAGE):
        return Said(f"[c2s-enrich] {_('This is a test')}", [str(_("Alerts of this installation come here."))], _GOOD)


def as_slack(told: Said) -> dict[str, Any]:
    body = _escaped(told.text)
    attachment = {"color": told.colour, "fallback": body, "text": body}
    return {"text": _escaped(told.headline), "attachments": [attachment] if body else []}


def about_told(kind: AlertKind, about: About) -> str:
    """In one line, as the admin shows it."""
    return "; ".join(_about(kind, about))


def counted(about: About) -> int:
    return len(about.keys() - {MORE}) + int(about.get(MORE, "0"))


def _about(kind: AlertKind, about: About, *, figures: bool = True) -> list[str]:
    if kind in NEWS:
        return _leads(about)
    return [line for who, figure in about.items() if (line := _one(kind, who, figure if figures else ""))]


def _one(kind: AlertKind, who: str, figure: str) -> str:
    provider, _space, span = who.partition(" ")
    named = ", ".join(str(part) for part in (NAMES.get(provider, provider), SPANS.get(span, span)) if part)
    counted = f"{figure} {FIGURES.get(kind, '')}".strip() if figure else ""
    return ": ".join(part for part in (named, counted) if part)


def _leads(about: About) -> list[str]:
    wanted = [pk for pk in about if pk != MORE]
    ids = {str(pk): lead_id for pk, lead_id in Lead.objects.filter(pk__in=wanted).values_list("pk", "lead_id")}
    # an id may be anything a caller made up: what looks like a person in it is cut out
    lines = [" ".join([redacted(ids[pk]), *_url("admin:enrichment_lead_change", pk)]) for pk in wanted if pk in ids]
    if more := about.get(MORE):
        lines.append(str(_("and {number} more")).format(number=more))
    return lines


def _link(kind: AlertKind) -> list[str]:
    return [] if kind in NEWS else _url("admin:index")


def _url(name: str, *keys: str) -> list[str]:
    return [settings.PUBLIC_URL + reverse(name, args=keys)] if settings.PUBLIC_URL else []


def _escaped(text: str) -> str:
    """Slack reads `<!channel>` as an order."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
