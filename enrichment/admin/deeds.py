"""What staff do on the list of leads and on the page of one: confirmed where it matters, then handed to the queue."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from c2s_enrich.back_office import Page
from enrichment import actions
from enrichment.actions import Done
from enrichment.batches import MOST_LEADS, TooMany, batch_start
from enrichment.models import Candidate, Deed, Lead, Run
from enrichment.models.run import OPEN_STATES
from enrichment.preview import Price, lead_preview, price_at_most
from parties.disclosure import sees_clear, shown_text

PERMISSIONS = {
    Deed.RERUN: "enrichment.rerun_lead",
    Deed.FORCE: "enrichment.force_lead",
    Deed.RESEND: "enrichment.resend_lead",
    Deed.CREATE: "enrichment.resend_lead",
    Deed.REVIEWED: "enrichment.review_lead",
    Deed.IGNORE: "enrichment.review_lead",
}
SAID = {
    Deed.RERUN: _("The lead is in the queue."),
    Deed.FORCE: _("The lead is in the queue; the providers are asked anew."),
    Deed.RESEND: _("The message is in the queue and will be sent again."),
    Deed.CREATE: _("The CRM is offered the lead again."),
    Deed.REVIEWED: _("Marked as reviewed."),
    Deed.IGNORE: _("Ignored from now on. A re-run ends that."),
}


@dataclass(frozen=True, slots=True)
class Button:
    deed: Deed
    icon: str


BUTTONS = (
    Button(Deed.RERUN, "refresh"),
    Button(Deed.FORCE, "sync_lock"),
    Button(Deed.RESEND, "send"),
    Button(Deed.CREATE, "add_task"),
    Button(Deed.REVIEWED, "task_alt"),
    Button(Deed.IGNORE, "do_not_disturb_on"),
)


def may_do(request: HttpRequest, deed: Deed) -> bool:
    return request.user.has_perm(PERMISSIONS[deed])


def deed_do(deed: Deed, lead: Lead, request: HttpRequest) -> Done:
    """One lead, at once and before those of any batch."""
    match deed:
        case Deed.RERUN | Deed.FORCE:
            return actions.lead_rerun(leads=[lead], force_providers=deed == Deed.FORCE)[0]
        case Deed.RESEND:
            return actions.lead_resend(leads=[lead])[0]
        case Deed.CREATE:
            return actions.lead_create_again(leads=[lead])[0]
        case Deed.REVIEWED:
            return actions.lead_mark_reviewed(leads=[lead], by=cast(Any, request.user))[0]
        case Deed.IGNORE:
            return actions.lead_ignore(leads=[lead], by=cast(Any, request.user))[0]


def tell(request: HttpRequest, done: Done, said: Any) -> None:
    if done.skipped:
        text = gettext("Nothing was done: %(why)s.") % {"why": done.skipped.label}
        messages.warning(request, text)
    else:
        messages.success(request, str(said))


class LeadDeeds(Page):
    """The actions of the list, and the addresses that the buttons of a lead's page post to."""

    actions = ("rerun_many", "force_many", "resend_many", "create_many", "reviewed_many", "ignore_many")

    def has_rerun_permission(self, request: HttpRequest) -> bool:
        return may_do(request, Deed.RERUN)

    def has_force_permission(self, request: HttpRequest) -> bool:
        return may_do(request, Deed.FORCE)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return may_do(request, Deed.RESEND)

    def has_review_permission(self, request: HttpRequest) -> bool:
        return may_do(request, Deed.REVIEWED)

    @admin.action(description=_("Re-run"), permissions=["rerun"])
    def rerun_many(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return self._many(request, queryset, Deed.RERUN)

    @admin.action(description=_("Re-run, asking the providers anew"), permissions=["force"])
    def force_many(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return self._many(request, queryset, Deed.FORCE)

    @admin.action(description=_("Send the message again"), permissions=["resend"])
    def resend_many(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return self._many(request, queryset, Deed.RESEND)

    @admin.action(description=_("Create in the CRM again"), permissions=["resend"])
    def create_many(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return self._many(request, queryset, Deed.CREATE)

    @admin.action(description=_("Mark as reviewed"), permissions=["review"])
    def reviewed_many(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return self._many(request, queryset, Deed.REVIEWED)

    @admin.action(description=_("Ignore"), permissions=["review"])
    def ignore_many(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return self._many(request, queryset, Deed.IGNORE)

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/deed/", site(require_POST(self.deed_view)), name="enrichment_lead_deed"),
            path("<uuid:pk>/choose/", site(require_POST(self.choose_view)), name="enrichment_lead_choose"),
            path("<uuid:pk>/preview/", site(require_GET(self.preview_view)), name="enrichment_lead_preview"),
            path("<uuid:pk>/state/", site(require_GET(self.state_view)), name="enrichment_lead_state"),
        ]
        return own + super().get_urls()

    def deed_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        deed = Deed(request.POST["deed"]) if request.POST.get("deed") in Deed.values else None
        if deed is None or not may_do(request, deed) or not self.has_view_permission(request):
            raise PermissionDenied
        lead = get_object_or_404(Lead, pk=pk)
        if deed == Deed.FORCE and "confirmed" not in request.POST:
            return self._confirm(request, Lead.objects.filter(pk=pk), deed, back=_page(lead))
        done = deed_do(deed, lead, request)
        if not done.skipped:
            self.log_change(request, lead, deed.value)
        tell(request, done, SAID[deed])
        return redirect(_page(lead))

    def choose_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        if not (self.has_review_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        number = request.POST.get("candidate", "")
        candidates = Candidate.objects.select_related("run__lead").filter(run__lead=pk)
        candidate = get_object_or_404(candidates, pk=int(number) if number.isdecimal() else 0)
        done = actions.candidate_choose(candidate=candidate, by=cast(Any, request.user))
        tell(request, done, _("Chosen. The lead is run again with this person."))
        return redirect(_page(done.lead))

    def preview_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        lead = get_object_or_404(Lead, pk=pk)
        clear = sees_clear(request.user)
        preview = lead_preview(lead)
        if clear:
            self.note_seen(request, [lead])
        context = self.admin_site.each_context(request) | {
            "title": _("Preview of the message"),
            "lead": lead,
            "opts": self.opts,
            "preview": preview,
            "text": shown_text(preview.text, clear=clear),
            "page": {"in_clear": clear},
        }
        return TemplateResponse(request, "admin/enrichment/lead/preview.html", context)

    def state_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Whether a run is under way: the page looks again when it has ended."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return JsonResponse({"open": Run.objects.filter(lead=pk, state__in=OPEN_STATES).exists()})

    def _many(self, request: HttpRequest, queryset: QuerySet[Lead], deed: Deed) -> HttpResponse:
        if "confirmed" not in request.POST:
            return self._confirm(request, queryset, deed, back=request.get_full_path())
        ids = queryset.order_by().values_list("pk", flat=True)[: MOST_LEADS + 1]
        try:
            batch = batch_start(deed=deed, lead_ids=ids, by=cast(Any, request.user))
        except TooMany:
            text = gettext("More than %(most)d leads at once are too many: narrow the list by a filter.")
            messages.error(request, text % {"most": MOST_LEADS})
            return redirect(request.get_full_path())
        return redirect(reverse("admin:enrichment_batch_change", args=[batch.pk]))

    def _confirm(self, request: HttpRequest, queryset: QuerySet[Lead], deed: Deed, *, back: str) -> HttpResponse:
        ids = list(queryset.order_by().values_list("pk", flat=True)[: MOST_LEADS + 1])
        posted = {name: request.POST.get(name) for name in ("action", "select_across", "deed")}
        context = self.admin_site.each_context(request) | {
            "title": deed.label,
            "opts": self.opts,
            "deed": deed,
            "count": len(ids),
            "most": MOST_LEADS,
            "price": _price(deed, ids),
            "posted": [(name, value) for name, value in posted.items() if value],
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": back,
        }
        return TemplateResponse(request, "admin/enrichment/lead/confirm.html", context)


def _price(deed: Deed, ids: list[UUID]) -> Price | None:
    """A re-run may have to buy those of whom nothing is known."""
    match deed:
        case Deed.FORCE:
            return price_at_most(Lead.objects.filter(pk__in=ids))
        case Deed.RERUN:
            return price_at_most(Lead.objects.filter(pk__in=ids, party=None))
    return None


def _page(lead: Lead) -> str:
    return reverse("admin:enrichment_lead_change", args=[lead.pk])
