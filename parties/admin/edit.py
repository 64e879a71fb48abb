"""The form with which staff correct who a party is and what it earns."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminNullBooleanSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from parties.admin.page import COMPANY_FIELDS, FINANCE_FIELDS, MONEY_FIELDS, PERSON_FIELDS, SEX
from parties.admin.refused import taken
from parties.disclosure import shown_document
from parties.editing.values import FINANCES
from parties.identifiers import CNPJ, CPF
from parties.models import Company, Kind, Party, PartyFinances, Person

_WIDGETS: dict[type[forms.Field], type[forms.Widget]] = {
    forms.CharField: UnfoldAdminTextInputWidget,
    forms.ChoiceField: UnfoldAdminSelectWidget,
    forms.DateField: UnfoldAdminSingleDateWidget,
    forms.IntegerField: UnfoldAdminIntegerFieldWidget,
    forms.NullBooleanField: UnfoldAdminNullBooleanSelectWidget,
}


class MoneyField(forms.DecimalField):
    """As people write sums: `7.500,50`, `7,500.50` or `R$ 7500`."""

    def to_python(self, value: Any) -> Any:
        text = re.sub(r"[R$\s]", "", str(value)) if value else value
        if isinstance(text, str) and "," in text:
            thousands = "," if text.rfind(",") < text.rfind(".") else "."
            text = text.replace(thousands, "").replace(",", ".")
        return super().to_python(text)

    def prepare_value(self, value: Any) -> Any:
        return formats.number_format(value, 2) if isinstance(value, Decimal) else value


_WIDGETS[MoneyField] = UnfoldAdminTextInputWidget
_PAST = ("birth_date", "founded_on")


class PartyForm(forms.Form):
    """Compares with what was shown when the page was opened: a value that changed since then is left alone."""

    def __init__(self, *args: Any, party: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.party = party
        is_person = party.kind == Kind.PERSON
        part = _held(Person if is_person else Company, party)
        who = {name: _field(party, name) for name in ("name", "cpf_cnpj")}
        who |= {name: _field(part, name) for name in (PERSON_FIELDS if is_person else COMPANY_FIELDS)}
        finances = _held(PartyFinances, party)
        money = {f"{FINANCES}{name}": _field(finances, name) for name in FINANCE_FIELDS}
        self.fields = who | money
        self._sections = ((_("Who it is"), list(who)), (_("Finances"), list(money)))

    @property
    def sections(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        for title, names in self._sections:
            yield title, [self[name] for name in names]

    def clean_cpf_cnpj(self) -> str | None:
        typed = self.cleaned_data["cpf_cnpj"]
        if not typed:
            return None
        document: str = taken((CPF if self.party.kind == Kind.PERSON else CNPJ).parse(typed)).value
        return document

    def clean(self) -> None:
        for name in _PAST:
            day = self.cleaned_data.get(name)
            if day and day > timezone.localdate():
                self.add_error(name, _("This day has not come yet."))
        low, high = (self.cleaned_data.get(f"{FINANCES}income_{end}") for end in ("min", "max"))
        if low is not None and high is not None and low > high:
            self.add_error(f"{FINANCES}income_max", _("This is less than where the range begins."))

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data}


def _held(model: type[Model], party: Party) -> Model:
    return model._base_manager.filter(pk=party.pk).first() or model(pk=party.pk)


def _field(holder: Model, name: str) -> forms.Field:
    column: Any = holder._meta.get_field(name)
    value = getattr(holder, name)
    if name == "cpf_cnpj":
        # as people write it, dots and all
        made: forms.Field = forms.CharField(required=False, max_length=20)
        value = shown_document(value, clear=True)
    elif name == "sex":
        choices = {"": "–", value: value or "–"} | SEX
        made = forms.ChoiceField(required=False, choices=list(choices.items()))
    elif name in MONEY_FIELDS:
        made = MoneyField(required=False, min_value=0, max_digits=14, decimal_places=2)
    else:
        made = column.formfield(required=False)
    made.widget = _WIDGETS[type(made)](**_arguments(made))
    made.label = capfirst(str(column.verbose_name))
    made.initial, made.show_hidden_initial = value, True
    return made


def _arguments(made: forms.Field) -> dict[str, Any]:
    """What a field hands its widget when it makes one itself."""
    choices = {"choices": made.choices} if isinstance(made, forms.ChoiceField) else {}
    return {"attrs": made.widget_attrs(made.widget), **choices}
