"""How long what is kept, and what each night let go."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import Page, moment
from c2s_enrich.privacy.models import RetentionNight
from c2s_enrich.privacy.retention import rules


@admin.register(RetentionNight)
class RetentionNightAdmin(Page):
    list_display = ("night", "let_go", "began", "finished")
    list_filter = ("day",)
    ordering = ("-day",)

    began = moment("began_at", _("began"))
    finished = moment("finished_at", _("finished"))

    @display(description=_("night"), ordering="day")
    def night(self, night: RetentionNight) -> str:
        return date_format(night.day, "SHORT_DATE_FORMAT")

    @display(description=_("rows let go"))
    def let_go(self, night: RetentionNight) -> int:
        return sum(night.removed.values())

    def page(self, request: HttpRequest, obj: RetentionNight) -> dict[str, Any]:
        """By kind of data; the days are those of today's settings."""
        kinds = [{"rule": rule, "removed": obj.removed.get(rule.key, 0)} for rule in rules()]
        return {"name": self.night(obj), "kinds": kinds}
