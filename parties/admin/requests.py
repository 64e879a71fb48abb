"""The pages on which the privacy officer takes in and answers what people ask about their own data."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from c2s_enrich.back_office import Page, badge, moment
from c2s_enrich.privacy.access_file import Part, as_json, kept_days
from c2s_enrich.privacy.legal_basis import grounds
from parties.disclosure import TELLING
from parties.identifiers import CPF, Email, Phone, Refused, phone_or_email
from parties.models import DataRequest, Party, RequestState, Wish
from parties.requests.deeds import (
    Answered,
    NoReason,
    access_give,
    cpf_of,
    erasure_close,
    erasure_order,
    erasure_preview,
    release_perform,
    request_close,
    request_take,
)

STATE_COLOURS = {
    RequestState.OPEN.value: "warning",
    RequestState.ERASING.value: "info",
    RequestState.DONE.value: "success",
    RequestState.REFUSED.value: "default",
}
_DEEDS = ("done", "refuse")
_SAID = {
    "erase": _("Noted. The erasure goes on in the background until nothing is left."),
    "release": _("Noted. This person may be looked up and filed again."),
    "done": _("Noted: the request is answered."),
    "refuse": _("Noted: the request is refused."),
    "close": _("Closed, with your reason. What is still found is told below."),
}


class RequestForm(forms.Form):
    wish = forms.ChoiceField(label=_("Request"), choices=Wish.choices, widget=UnfoldAdminSelectWidget)
    cpf = forms.CharField(label=_("CPF"), max_length=20, widget=UnfoldAdminTextInputWidget)
    contacts = forms.CharField(
        label=_("Phones and e-mails shown to be theirs"),
        required=False,
        max_length=500,
        help_text=_("Separated by commas; those of the record are known already."),
        widget=UnfoldAdminTextInputWidget,
    )
    asked_at = forms.DateField(label=_("Asked on"), widget=UnfoldAdminSingleDateWidget)
    why = forms.CharField(
        label=_("Why"),
        max_length=2000,
        help_text=_("What was asked, and how we know who asks. No document numbers."),
        widget=UnfoldAdminTextareaWidget,
    )

    def clean_cpf(self) -> CPF:
        read = CPF.parse(self.cleaned_data["cpf"])
        if isinstance(read, Refused):
            raise forms.ValidationError(_("The check digits do not fit: this is no valid document."))
        return read

    def clean_contacts(self) -> list[Phone | Email]:
        typed = [text.strip() for text in self.cleaned_data["contacts"].split(",") if text.strip()]
        read = [phone_or_email(text) for text in typed]
        if any(isinstance(contact, Refused) for contact in read):
            raise forms.ValidationError(_("This can be read neither as a phone nor as an e-mail."))
        return [contact for contact in read if not isinstance(contact, Refused)]

    def clean_why(self) -> str:
        return without_numbers(self.cleaned_data["why"])


def without_numbers(text: str) -> str:
    """What stays after the answer tells nobody's number."""
    if any(not found["harmless"] for found in TELLING.finditer(text)):
        raise forms.ValidationError(_("No documents, phones or e-mails here: this text stays after the answer."))
    return text


@admin.register(DataRequest)
class DataRequestAdmin(Page):
    list_display = ("asked", "wish", "state_label", "due", "taken_by", "done_by")
    list_filter = ("state", "wish", "asked_at")
    ordering = ("-asked_at", "-id")

    asked = moment("asked_at", _("Asked"))

    @display(description=_("state"))
    def state_label(self, request: DataRequest) -> str:
        return badge(request.get_state_display(), STATE_COLOURS[request.state])

    @display(description=_("to be answered by"))
    def due(self, request: DataRequest) -> str:
        day = f"{request.due_at:%d/%m/%Y}"
        return badge(day, "danger") if request.is_overdue else day

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("parties.handle_datarequest")

    def get_urls(self) -> list[URLPattern]:
        given: list[URLPattern] = super().get_urls()
        wrap = self.admin_site.admin_view
        deed = path("<uuid:pk>/do/<str:deed>/", wrap(require_POST(self.do)), name="parties_datarequest_do")
        file = path("<uuid:pk>/file/", wrap(require_POST(self.file)), name="parties_datarequest_file")
        return [deed, file, *given]

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        self._refuse_others(request)
        form = RequestForm(request.POST or None)
        if form.is_valid():
            told = form.cleaned_data | {"wish": Wish(form.cleaned_data["wish"])}
            told["asked_at"] = _at_noon(told["asked_at"])
            made = request_take(by=request.user.get_username(), **told)
            return redirect(_page_of(made))
        return self._drawn(request, "admin/parties/datarequest/take.html", title=_("Take in a request"), form=form)

    def page(self, request: HttpRequest, obj: DataRequest) -> dict[str, Any]:
        cpf = cpf_of(obj)
        party = Party.objects.filter(cpf_cnpj=cpf.value).first() if cpf else None
        return {
            "name": f"{obj.get_wish_display()}: {cpf.masked if cpf else obj.digest[:12]}",
            "colour": STATE_COLOURS[obj.state],
            "party": party,
            "may": request.user.has_perm("parties.handle_datarequest") and obj.state == RequestState.OPEN,
            "may_close": request.user.has_perm("parties.handle_datarequest") and obj.state == RequestState.ERASING,
        }

    def do(self, request: HttpRequest, pk: Any, deed: str) -> HttpResponse:
        self._refuse_others(request)
        asked, by = get_object_or_404(DataRequest, pk=pk), request.user.get_username()
        try:
            note = without_numbers(request.POST.get("note", "")[:2000])
            if deed == "erase" and "confirmed" not in request.POST:
                return self._asked_before(request, asked)
            if deed == "erase":
                erasure_order(request=asked, by=by, note=note)
            elif deed == "release":
                release_perform(request=asked, by=by, note=note)
            elif deed == "close":
                erasure_close(request=asked, by=by, note=note)
            elif deed in _DEEDS:
                request_close(request=asked, by=by, note=note, refused=deed == "refuse")
            messages.success(request, _SAID.get(deed, _SAID["done"]))
        except forms.ValidationError as error:
            messages.error(request, error.message)
        except NoReason:
            messages.error(request, _("Say why it is closed although something is still found."))
        except Answered:
            messages.warning(request, _("The request was answered before."))
        return redirect(_page_of(asked))

    def _asked_before(self, request: HttpRequest, asked: DataRequest) -> HttpResponse:
        """Whom it is about, and how many rows of what will go."""
        about = erasure_preview(asked)
        counts = [(holding.what, count) for holding, count in about.counts if count]
        shown = {"names": sorted(filter(None, about.names)), "counts": counts, "back": _page_of(asked)}
        title = _("Erase this person?")
        return self._drawn(request, "admin/parties/datarequest/erase.html", title=title, **shown)

    def file(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """By POST, for it is noted in the access log."""
        self._refuse_others(request)
        asked = get_object_or_404(DataRequest, pk=pk)
        try:
            parts = access_give(request=asked, by=request.user.get_username())
        except Answered:
            messages.warning(request, _("The request was answered before."))
            return redirect(_page_of(asked))
        if request.POST.get("as") == "json":
            headers = {"Content-Disposition": f'attachment; filename="access-{asked.pk}.json"'}
            return HttpResponse(as_json(parts), content_type="application/json", headers=headers)
        return self._drawn(request, "admin/parties/datarequest/file.html", title=_("Access file"), **file_told(parts))

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _drawn(self, request: HttpRequest, template: str, **shown: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": DataRequest._meta}
        back = {"back": reverse("admin:parties_datarequest_changelist")}
        return TemplateResponse(request, template, context | back | shown)


def file_told(parts: list[Part]) -> dict[str, Any]:
    """The access file for people to read."""
    told = [{"holding": part.holding, "days": kept_days(part.holding), "rows": part.rows} for part in parts]
    return {"parts": told, "grounds": grounds()}


def _page_of(request: DataRequest) -> str:
    return reverse("admin:parties_datarequest_change", args=[request.pk])


def _at_noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))
