"""The pages on which staff edit a party, merge two, and part them again."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import action

from c2s_enrich.back_office import panel
from c2s_enrich.privacy.suppression import PersonSuppressed
from parties.admin.edit import PartyForm
from parties.disclosure import sees_clear, shown_contact, shown_document
from parties.editing.values import DocumentTaken, party_edit
from parties.merging import CannotMerge, Plan, merge_preview, merge_undo, merges_to_undo, parties_merge
from parties.models import Party, PartyMerge
from parties.search import party_ids

MOST_OFFERED = 20
WHY_NOT = {
    "same_party": _("This is one and the same party."),
    "party_is_gone": _("One of the two does not exist any more."),
    "different_kinds": _("A person and a company cannot become one."),
    "erased": _("Who had gone asked to be forgotten since: nothing brings them back."),
    "rows_are_gone": _("What belonged to the one that had gone is not there any more: this cannot be undone."),
    "undone_before": _("This merge was undone before."),
    "kept_is_gone": _("The party that was kept does not exist any more."),
    "later_ones_first": _("Another merge came after this one: undo that one first."),
    "document_is_back": _("A party with this document was made since: it cannot be made again."),
}


class PartyDeeds:
    """Mixed into the party's admin."""

    admin_site: Any
    actions_detail = ("edit_this", "merge_this")

    def has_edit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("parties.change_party") and sees_clear(request.user)

    def has_merge_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("parties.merge_party")

    def get_urls(self) -> list[URLPattern]:
        undo = self.admin_site.admin_view(require_POST(self.undo_merge))
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [path("merge/<uuid:merge_id>/undo/", undo, name="parties_party_undo_merge"), *urls]

    @action(description=_("Edit"), permissions=["edit"], icon="edit", url_path="edit")
    def edit_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        party = party_or_404(object_id)
        self.note_seen(request, [party])  # type: ignore[attr-defined]
        form = PartyForm(request.POST or None, party=party)
        if form.is_valid() and _saved(form, request.user.get_username()):
            self.log_change(request, party, [{"changed": {"fields": sorted(form.changes())}}])  # type: ignore[attr-defined]
            messages.success(request, _("Saved. No enrichment will change these values."))
            return redirect(page_of(party.pk))
        return self.drawn(request, "admin/parties/party/edit.html", party, form=form)

    @action(description=_("Merge"), permissions=["merge"], icon="merge", url_path="merge")
    def merge_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        party, term = party_or_404(object_id), request.GET.get("q", "").strip()
        shown: dict[str, Any] = {"term": term, "clear": sees_clear(request.user)}
        if other := _uuid(request.POST.get("other") or request.GET.get("other")):
            try:
                if request.method == "POST":
                    return self._merged(request, party, other)
                shown |= {"plan": _plan_told(merge_preview(kept_id=party.pk, gone_id=other), request)}
            except CannotMerge as refusal:
                messages.error(request, WHY_NOT[refusal.code])
        if term:
            shown["offered"] = list(_offered(party, term, shown["clear"]))
        if shown["clear"]:
            self.note_seen(request, [party, *_others_in(shown)])  # type: ignore[attr-defined]
        return self.drawn(request, "admin/parties/party/merge.html", party, **shown)

    def _merged(self, request: HttpRequest, party: Party, other: UUID) -> HttpResponse:
        record = parties_merge(kept_id=party.pk, gone_id=other, by=request.user.get_username())
        self.log_change(request, party, f"merged {record.gone_id}")  # type: ignore[attr-defined]
        messages.success(request, _("The two are one now. You can undo this on this page."))
        return redirect(page_of(party.pk))

    def undo_merge(self, request: HttpRequest, merge_id: UUID) -> HttpResponse:
        if not self.has_merge_permission(request):
            raise PermissionDenied
        record = get_object_or_404(PartyMerge, pk=merge_id)
        try:
            gone = merge_undo(merge_id=merge_id, by=request.user.get_username())
        except CannotMerge as refusal:
            messages.error(request, WHY_NOT[refusal.code])
            return redirect(page_of(record.kept_id))
        self.log_change(request, gone, f"parted from {record.kept_id}")  # type: ignore[attr-defined]
        messages.success(request, _("The two are apart again. This is the one that had gone."))
        return redirect(page_of(gone.pk))

    def drawn(self, request: HttpRequest, template: str, party: Party, **shown: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "original": party,
            "opts": Party._meta,
            "title": party.name or _("(no name yet)"),
            "back": page_of(party.pk),
        }
        return TemplateResponse(request, template, context | shown)


@panel(on=Party)
def merges_of_party(request: HttpRequest, party: Party) -> tuple[str, dict[str, Any]]:
    may = request.user.has_perm("parties.merge_party")
    return "admin/parts/merges_of_party.html", {"merges": merges_to_undo(party.pk)[:MOST_OFFERED], "may_undo": may}


def page_of(party_id: UUID) -> str:
    return reverse("admin:parties_party_change", args=[party_id])


def party_or_404(object_id: str) -> Party:
    if _uuid(object_id) is None:
        raise Http404
    return get_object_or_404(Party, pk=object_id)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _saved(form: PartyForm, by: str) -> bool:
    try:
        party_edit(party_id=form.party.pk, values=form.changes(), by=by)
    except PersonSuppressed:
        form.add_error("cpf_cnpj", _("The document or the contact is of somebody who asked to be forgotten."))
        return False
    except DocumentTaken:
        form.add_error("cpf_cnpj", _("Another party has this document: merge the two instead."))
        return False
    return True


def _offered(party: Party, term: str, clear: bool) -> Iterator[dict[str, Any]]:
    found = Party.objects.filter(pk__in=party_ids(term), kind=party.kind).exclude(pk=party.pk)
    for other in found.order_by("-updated_at")[:MOST_OFFERED]:
        yield {"row": other, "document": shown_document(other.cpf_cnpj, clear=clear)}


def _others_in(shown: dict[str, Any]) -> list[Party]:
    gone = [shown["plan"]["gone"]] if "plan" in shown else []
    return [*gone, *(offer["row"] for offer in shown.get("offered", []))]


def _plan_told(plan: Plan, request: HttpRequest) -> dict[str, Any]:
    clear = sees_clear(request.user)
    moved = [(rows[0]._meta.verbose_name_plural, len(rows)) for rows in plan.moved.values() if rows]
    return {
        "gone": plan.gone,
        "gone_document": shown_document(plan.gone.cpf_cnpj, clear=clear),
        "kept_document": shown_document(plan.kept.cpf_cnpj, clear=clear),
        "gone_contacts": [shown_contact(c.value, clear=clear) for c in plan.gone.contacts.all()[:MOST_OFFERED]],
        "kept_contacts": [shown_contact(c.value, clear=clear) for c in plan.kept.contacts.all()[:MOST_OFFERED]],
        "moved": moved,
        "doubled": len(plan.doubled),
        "filled": [_label(filled.model, filled.field) for filled in plan.filled],
        "has_two_documents": plan.has_two_documents,
    }


def _label(model: str, column: str) -> str:
    return str(apps.get_model(model)._meta.get_field(column).verbose_name)
