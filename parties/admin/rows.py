"""The pages on which staff edit what a party has several of, and let go of what they pinned."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from c2s_enrich.privacy.suppression import PersonSuppressed
from parties.admin.deeds import PartyDeeds, page_of, party_or_404
from parties.admin.row_forms import FORMS, RowForm
from parties.filing.values import value_release
from parties.models import Party


class PartyRows(PartyDeeds):
    """Mixed into the party's admin."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        own = [
            path("<uuid:object_id>/release/", site(require_POST(self.release)), name="parties_party_release"),
            path("<uuid:object_id>/<str:rows>/add/", site(self.row_view), name="parties_party_add_row"),
            path("<uuid:object_id>/<str:rows>/<uuid:row_id>/", site(self.row_view), name="parties_party_edit_row"),
        ]
        return own + super().get_urls()

    def row_view(self, request: HttpRequest, object_id: UUID, rows: str, row_id: UUID | None = None) -> HttpResponse:
        party, kind = self._editable(request, object_id), FORMS.get(rows)
        row = kind.row_of(party, row_id) if kind and row_id else None
        if kind is None or (row_id and row is None):
            raise Http404
        form = kind(request.POST or None, party=party, row=row)
        if row and "remove" in request.POST:
            form.remove(by=request.user.get_username())
            return self._done(request, party, f"{rows}: removed", _("Removed. No enrichment will bring it back."))
        if form.is_valid() and _written(form, request.user.get_username()):
            said = _("Saved. No enrichment will change it.") if row else _("Added.")
            return self._done(request, party, f"{rows}: {'corrected' if row else 'added'}", said)
        return self._form_drawn(request, party, form)

    def release(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        party, key = self._editable(request, object_id), request.POST.get("key", "")
        if not party.origins.get(key, {}).get("pinned"):
            messages.warning(request, _("Nothing was held there any more."))
            return redirect(page_of(party.pk))
        value_release(party, key)
        # a contact's key names the contact itself
        return self._done(request, party, f"released {key.partition('.')[0]}", _("Enrichments may change it again."))

    def _editable(self, request: HttpRequest, object_id: UUID) -> Party:
        if not self.has_edit_permission(request):
            raise PermissionDenied
        return party_or_404(str(object_id))

    def _done(self, request: HttpRequest, party: Party, noted: str, said: Any) -> HttpResponse:
        self.log_change(request, party, noted)  # type: ignore[attr-defined]
        messages.success(request, said)
        return redirect(page_of(party.pk))

    def _form_drawn(self, request: HttpRequest, party: Party, form: RowForm) -> HttpResponse:
        self.note_seen(request, [party])  # type: ignore[attr-defined]
        return self.drawn(request, "admin/parties/party/row.html", party, form=form)


def _written(form: RowForm, by: str) -> bool:
    try:
        return form.write(by)
    except PersonSuppressed:
        form.add_error(None, _("The document or the contact is of somebody who asked to be forgotten."))
        return False
