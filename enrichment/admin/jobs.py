"""The queue, to look at. procrastinate's own page offers a retry that takes running jobs too."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.decorators import display

from c2s_enrich.back_office import ReadOnlyListing, badge, moment
from enrichment.admin.calls import run_link
from enrichment.admin.wording import JOB_COLOURS, JOB_STATES

admin.site.unregister(ProcrastinateJob)
# the model is another's and names itself in English only
ProcrastinateJob._meta.verbose_name = _("job")
ProcrastinateJob._meta.verbose_name_plural = _("jobs")


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyListing):
    list_display = ("number", "task", "state_label", "queue", "urgency", "tries", "due", "run")
    list_filter = ("status",)
    ordering = ("-id",)
    fields = (*list_display, "history")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        rows = super().get_queryset(request)
        events = ProcrastinateEvent.objects.order_by("-at")
        return rows if self.is_list(request) else rows.prefetch_related(Prefetch("procrastinateevent_set", events))

    @display(description=_("number"))
    def number(self, job: ProcrastinateJob) -> str:
        return str(job.pk)

    @display(description=_("task"))
    def task(self, job: ProcrastinateJob) -> str:
        return job.task_name

    @display(description=_("state"))
    def state_label(self, job: ProcrastinateJob) -> str:
        return badge(JOB_STATES.get(job.status, job.status), JOB_COLOURS.get(job.status, "default"))

    @display(description=_("queue"))
    def queue(self, job: ProcrastinateJob) -> str:
        return job.queue_name

    @display(description=_("priority"))
    def urgency(self, job: ProcrastinateJob) -> int:
        return job.priority

    @display(description=_("attempts"))
    def tries(self, job: ProcrastinateJob) -> int:
        return job.attempts

    due = moment("scheduled_at", _("not before"))

    @display(description=_("run"), empty_value="–")
    def run(self, job: ProcrastinateJob) -> str | None:
        run_id = job.args.get("run_id")
        return run_link(run_id) if run_id else None

    @display(description=_("history"), empty_value="–")
    def history(self, job: ProcrastinateJob) -> str | None:
        events = (
            (date_format(localtime(e.at), "SHORT_DATETIME_FORMAT") if e.at else "–", e.type) for e in _events(job)
        )
        return format_html_join("", "<div>{} · {}</div>", events) or None


def _events(job: ProcrastinateJob) -> Iterable[ProcrastinateEvent]:
    events: Iterable[ProcrastinateEvent] = job.procrastinateevent_set.all()
    return events
