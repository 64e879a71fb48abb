"""How it stands with each kind of trouble, and whether those who look after it were told."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import ReadOnlyListing, badge, moment
from enrichment.alerts.words import about_told, counted
from enrichment.models import NEWS, Alert, AlertKind, AlertNotice


@admin.register(Alert)
class AlertAdmin(ReadOnlyListing):
    list_display = ("kind", "state", "since_label", "what", "told_label", "not_sent")
    fields = list_display
    readonly_fields = list_display
    ordering = ("kind",)

    since_label = moment("since", _("since"))
    told_label = moment("told_at", _("told"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        latest = AlertNotice.objects.filter(kind=OuterRef("kind")).order_by("-id")
        told = latest.filter(sent_at__isnull=False)
        rows = super().get_queryset(request)
        return rows.annotate(told_at=Subquery(told.values("sent_at")[:1]), error=Subquery(latest.values("error")[:1]))

    @display(description=_("state"))
    def state(self, alert: Alert) -> str:
        if alert.kind in NEWS:
            return badge(_("News"))
        return badge(_("Trouble"), "danger") if alert.since else badge(_("Well"), "success")

    @display(description=_("about"), empty_value="–")
    def what(self, alert: Alert) -> str | None:
        if alert.kind in NEWS:
            return gettext("{number} leads").format(number=counted(alert.about))
        return about_told(AlertKind(alert.kind), alert.about) or None

    @display(description=_("not sent because"), empty_value="–")
    def not_sent(self, alert: Any) -> str | None:
        return alert.error or None


def troubles() -> list[dict[str, Any]]:
    """What is wrong just now, for the home page."""
    wrong = Alert.objects.exclude(since=None).order_by("since")
    return [{"alert": alert, "about": about_told(AlertKind(alert.kind), alert.about)} for alert in wrong]
