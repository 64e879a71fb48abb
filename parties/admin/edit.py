"""The form with which staff correct a party."""

from typing import Any

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminNullBooleanSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from parties.admin.page import COMPANY_FIELDS, PERSON_FIELDS, SEX
from parties.disclosure import shown_contact, shown_document
from parties.identifiers import CNPJ, CPF, Email, Phone, Refused
from parties.models import Company, Kind, Party, Person

_WIDGETS: dict[type[forms.Field], type[forms.Widget]] = {
    forms.CharField: UnfoldAdminTextInputWidget,
    forms.ChoiceField: UnfoldAdminSelectWidget,
    forms.DateField: UnfoldAdminSingleDateWidget,
    forms.NullBooleanField: UnfoldAdminNullBooleanSelectWidget,
}


class PartyForm(forms.Form):
    """Compares with what was shown when the page was opened: a value that changed since then is left alone."""

    add_contact = forms.CharField(
        label=_("Add a phone or an e-mail"), required=False, max_length=254, widget=UnfoldAdminTextInputWidget
    )
    remove_contacts = forms.MultipleChoiceField(
        label=_("Remove contacts"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def __init__(self, *args: Any, party: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.party = party
        is_person = party.kind == Kind.PERSON
        part = Person if is_person else Company
        holder = part._base_manager.filter(pk=party.pk).first() or part(party=party)
        facts = {"name": _field(party, "name"), "cpf_cnpj": _field(party, "cpf_cnpj")}
        facts |= {name: _field(holder, name) for name in (PERSON_FIELDS if is_person else COMPANY_FIELDS)}
        self.fields = facts | self.fields
        contacts = self.fields["remove_contacts"]
        contacts.choices = [(c.value, shown_contact(c.value, clear=True)) for c in party.contacts.all()]  # type: ignore[attr-defined]
        self.facts = list(facts)

    def clean_cpf_cnpj(self) -> str | None:
        typed = self.cleaned_data["cpf_cnpj"]
        if not typed:
            return None
        read = CPF.parse(typed) if self.party.kind == Kind.PERSON else CNPJ.parse(typed)
        if isinstance(read, Refused):
            raise forms.ValidationError(_("The check digits do not fit: this is no valid document."))
        return read.value

    def clean_add_contact(self) -> Phone | Email | None:
        typed = self.cleaned_data["add_contact"]
        if not typed:
            return None
        read = Email.parse(typed) if "@" in typed else Phone.parse(typed)
        if isinstance(read, Refused):
            raise forms.ValidationError(_("This can be read neither as a phone nor as an e-mail."))
        return read

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.facts}


def _field(holder: Model, name: str) -> forms.Field:
    column: Any = holder._meta.get_field(name)
    value = getattr(holder, name)
    if name == "cpf_cnpj":
        # as people write it, dots and all
        made: forms.Field = forms.CharField(label=column.verbose_name, required=False, max_length=20)
        value = shown_document(value, clear=True)
    elif name == "sex":
        choices = {"": "–", value: value or "–"} | SEX
        made = forms.ChoiceField(label=column.verbose_name, required=False, choices=list(choices.items()))
    else:
        made = column.formfield(required=False)
    made.widget = _WIDGETS[type(made)](**_arguments(made))
    made.initial, made.show_hidden_initial = value, True
    return made


def _arguments(made: forms.Field) -> dict[str, Any]:
    """What a field hands its widget when it makes one itself."""
    choices = {"choices": made.choices} if isinstance(made, forms.ChoiceField) else {}
    return {"attrs": made.widget_attrs(made.widget), **choices}
