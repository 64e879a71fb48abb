"""The queue, and what staff do to it. procrastinate's own page offers a retry that takes running jobs too."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from c2s_enrich.back_office import ReadOnlyListing, Titled, badge, dialog_done, moment
from enrichment.admin.calls import run_link
from enrichment.admin.wording import JOB_COLOURS, JOB_STATES
from enrichment.jobs import Outcome, job_cancel, job_retry
from enrichment.runs import BULK, FRESH

admin.site.unregister(ProcrastinateJob)
# the model is another's and names itself in English only
ProcrastinateJob._meta.verbose_name = _("job")
ProcrastinateJob._meta.verbose_name_plural = _("jobs")
apps.get_app_config("procrastinate").verbose_name = _("Queue")

ACTED_ON_AT_ONCE = 200
TASKS = {
    "look_at_run": _("Work on a lead"),
    "look_at_batch": _("Work on a batch"),
    "look_at_import": _("Work on an import"),
}
EVENTS = {
    "deferred": _("put into the queue"),
    "scheduled": _("planned for later"),
    "started": _("begun"),
    "deferred_for_retry": _("put back, to be tried again"),
    "succeeded": _("done"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "abort_requested": _("asked to stop"),
    "aborted": _("stopped"),
}


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyListing):
    list_display = ("task", "state_label", "urgency", "tries", "due", "about")
    list_filter = ("status",)
    ordering = ("-id",)
    fields = (*list_display, "history")
    actions = ("retry", "cancel")
    actions_detail = ("retry_this", "cancel_this")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        rows = super().get_queryset(request)
        events = ProcrastinateEvent.objects.order_by("-at")
        return rows if self.is_list(request) else rows.prefetch_related(Prefetch("procrastinateevent_set", events))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job = context["original"]
        context |= {"original": Titled(job, f"{self.task(job)} {job.pk}"), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    def has_act_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("procrastinate.change_procrastinatejob")

    @admin.action(description=_("Try again at once"), permissions=["act"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        self._act(request, queryset, job_retry, "retried")

    @admin.action(description=_("Cancel"), permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        self._act(request, queryset, job_cancel, "cancelled")

    @action(
        description=_("Try again at once"),
        permissions=["act"],
        icon="refresh",
        dialog={
            "title": _("Try again at once?"),
            "description": _("It goes before everything else that waits. What runs already is left alone."),
            "form_submit_text": _("Try again"),
        },
    )
    def retry_this(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self._act_on_one(request, object_id, job_retry, "retried")

    @action(
        description=_("Cancel"),
        permissions=["act"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel this job?"),
            "description": _("The lead is not worked on any more, until somebody runs it again. What runs goes on."),
            "form_submit_text": _("Yes, do it"),
        },
    )
    def cancel_this(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self._act_on_one(request, object_id, job_cancel, "cancelled")

    def _act_on_one(
        self, request: HttpRequest, object_id: str, deed: Callable[..., Outcome], noted: str
    ) -> HttpResponse:
        self._act(request, self.get_queryset(request).filter(pk=object_id), deed, noted)
        return dialog_done(request, reverse("admin:procrastinate_procrastinatejob_changelist"))

    def _act(
        self, request: HttpRequest, jobs: QuerySet[ProcrastinateJob], deed: Callable[..., Outcome], noted: str
    ) -> None:
        """Row by row and at once: each is a blink; a list of thousands has its filter."""
        outcomes: Counter[Outcome] = Counter()
        for job in jobs.order_by("pk")[:ACTED_ON_AT_ONCE]:
            outcomes[outcome := deed(job=job)] += 1
            if outcome == Outcome.DONE:
                self.log_change(request, job, noted)
        for outcome, count in outcomes.items():
            told = ngettext("%(count)d job: %(what)s.", "%(count)d jobs: %(what)s.", count)
            level = messages.SUCCESS if outcome == Outcome.DONE else messages.WARNING
            self.message_user(request, told % {"count": count, "what": outcome.label}, level)

    @display(description=_("task"))
    def task(self, job: ProcrastinateJob) -> str:
        return str(TASKS.get(job.task_name, job.task_name))

    @display(description=_("state"))
    def state_label(self, job: ProcrastinateJob) -> str:
        return badge(JOB_STATES.get(job.status, job.status), JOB_COLOURS.get(job.status, "default"))

    @display(description=_("priority"))
    def urgency(self, job: ProcrastinateJob) -> str:
        if job.priority >= FRESH:
            return gettext("first")
        return gettext("last") if job.priority <= BULK else gettext("usual")

    @display(description=_("attempts"))
    def tries(self, job: ProcrastinateJob) -> int:
        return job.attempts

    due = moment("scheduled_at", _("not before"))

    @display(description=_("about"), empty_value="–")
    def about(self, job: ProcrastinateJob) -> str | None:
        if "run_id" in job.args:
            return format_html("{} {}", gettext("run"), run_link(job.args["run_id"]))
        if "batch_id" not in job.args:
            return None
        url = reverse("admin:enrichment_batch_change", args=[job.args["batch_id"]])
        return format_html(
            '{} <a class="text-link" href="{}">…{}</a>', gettext("batch"), url, job.args["batch_id"][-8:]
        )

    @display(description=_("history"), empty_value="–")
    def history(self, job: ProcrastinateJob) -> str | None:
        events = (
            (date_format(localtime(e.at), "SHORT_DATETIME_FORMAT") if e.at else "–", EVENTS.get(e.type, e.type))
            for e in _events(job)
        )
        return format_html_join("", "<div>{} · {}</div>", events) or None


def _events(job: ProcrastinateJob) -> Iterable[ProcrastinateEvent]:
    events: Iterable[ProcrastinateEvent] = job.procrastinateevent_set.all()
    return events
