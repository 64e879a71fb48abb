"""The forms with which staff add, correct and remove a contact, an address or a company of a party."""

import re
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from parties.admin.refused import taken
from parties.disclosure import shown_contact
from parties.editing.addresses import address_remove, address_save
from parties.editing.companies import Role, TiedAlready, tie_add, tie_cut, tie_edit
from parties.editing.contacts import contact_remove, contact_save
from parties.facts import AddressFact
from parties.identifiers import CNPJ, CPF, Email, Phone, phone_or_email
from parties.models import ContactType, Kind, Party, PartyAddress, PartyContact, PartyRelationship, RelationshipKind

STATES = (
    "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR",
    "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
)  # fmt: skip


def _text(label: Any, most: int, *, required: bool = False, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=required, help_text=hint, widget=UnfoldAdminTextInputWidget
    )


def _tick(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanWidget)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=UnfoldAdminSingleDateWidget)


class RowForm(forms.Form):
    """One row of a party; without `row` it is a new one."""

    adds: ClassVar[Any]
    corrects: ClassVar[Any]

    def __init__(self, posted: Any, *, party: Party, row: Any = None) -> None:
        super().__init__(posted, initial=self.shown(row) if row else None)
        self.party, self.row = party, row

    @property
    def title(self) -> Any:
        return self.corrects if self.row else self.adds

    @classmethod
    def row_of(cls, party: Party, pk: UUID) -> Any:
        """The row, or None when it is not this party's."""
        raise NotImplementedError

    @staticmethod
    def shown(row: Any) -> dict[str, Any]:
        raise NotImplementedError

    def write(self, by: str) -> bool:
        """Whether it could be; if not, the form says why."""
        raise NotImplementedError

    def remove(self, by: str) -> None:
        raise NotImplementedError


class ContactForm(RowForm):
    adds, corrects = _("Add a phone or an e-mail"), _("Correct this contact")

    value = _text(_("Phone or e-mail"), 254, required=True, hint=_("A phone with its area code, in any format."))
    is_primary = _tick(_("The one to use first"))
    is_whatsapp = _tick(_("Has WhatsApp"))
    is_verified = _tick(_("Verified: somebody was reached here"))

    @classmethod
    def row_of(cls, party: Party, pk: UUID) -> PartyContact | None:
        return PartyContact.objects.filter(party=party, pk=pk).first()

    @staticmethod
    def shown(row: PartyContact) -> dict[str, Any]:
        return {
            "value": shown_contact(row.value, clear=True),
            "is_primary": row.is_primary,
            "is_whatsapp": row.contact_type == ContactType.WHATSAPP,
            "is_verified": row.is_verified,
        }

    def clean_value(self) -> Phone | Email:
        typed = self.cleaned_data["value"]
        read: Phone | Email = taken(phone_or_email(typed))
        return read

    def write(self, by: str) -> bool:
        given = self.cleaned_data
        contact_save(
            party_id=self.party.pk,
            contact=given["value"],
            replaces=self.row.pk if self.row else None,
            is_whatsapp=given["is_whatsapp"],
            is_verified=given["is_verified"],
            is_primary=given["is_primary"],
            by=by,
        )
        return True

    def remove(self, by: str) -> None:
        contact_remove(party_id=self.party.pk, contact_id=self.row.pk, by=by)


class AddressForm(RowForm):
    adds, corrects = _("Add an address"), _("Correct this address")

    street = _text(_("Street"), 255, required=True)
    number = _text(_("Number"), 30)
    complement = _text(_("Complement"), 120)
    neighborhood = _text(_("Neighborhood"), 120)
    city = _text(_("City"), 120, required=True)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", "–"), *((state, state) for state in STATES)], widget=UnfoldAdminSelectWidget
    )
    cep = _text(_("CEP"), 9, hint=_("Eight digits."))
    is_primary = _tick(_("The one to use first"))

    @classmethod
    def row_of(cls, party: Party, pk: UUID) -> PartyAddress | None:
        return PartyAddress.objects.filter(party=party, pk=pk).select_related("address").first()

    @staticmethod
    def shown(row: PartyAddress) -> dict[str, Any]:
        place = {name: getattr(row.address, name) for name in AddressFact.__slots__}
        return place | {"is_primary": row.is_primary}

    def clean_cep(self) -> str:
        typed: str = self.cleaned_data["cep"]
        if typed and not re.fullmatch(r"\d{5}-?\d{3}", typed):
            raise forms.ValidationError(_("A CEP has eight digits, such as 01310-100."))
        return typed.replace("-", "")

    def write(self, by: str) -> bool:
        place = AddressFact(**{name: self.cleaned_data[name] for name in AddressFact.__slots__})
        address_save(
            party_id=self.party.pk,
            place=place,
            replaces=self.row.pk if self.row else None,
            is_primary=self.cleaned_data["is_primary"],
            by=by,
        )
        return True

    def remove(self, by: str) -> None:
        address_remove(party_id=self.party.pk, link_id=self.row.pk, by=by)


class TieForm(RowForm):
    """From a person's page a company is named by its CNPJ, from a company's page a person by the CPF."""

    adds, corrects = _("Add a company"), _("Correct this tie")

    document = _text("", 20, required=True)
    kind = forms.ChoiceField(label=_("Kind"), choices=RelationshipKind.choices, widget=UnfoldAdminSelectWidget)
    role = _text(_("Role"), 120)
    since = _day(_("Since"))
    until = _day(_("Until"))

    def __init__(self, posted: Any, *, party: Party, row: Any = None) -> None:
        super().__init__(posted, party=party, row=row)
        self.fields["document"].label = _("CNPJ of the company") if self._names_company else _("CPF of the person")
        if self.row:
            del self.fields["document"]

    @property
    def title(self) -> Any:
        return super().title if self.row or self._names_company else _("Add a person")

    @classmethod
    def row_of(cls, party: Party, pk: UUID) -> PartyRelationship | None:
        ends = PartyRelationship.objects.select_related("to_party").filter(pk=pk)
        return ends.filter(from_party=party).first() or ends.filter(to_party=party).first()

    @staticmethod
    def shown(row: PartyRelationship) -> dict[str, Any]:
        return {"kind": row.kind, "role": row.role, "since": row.start_date, "until": row.end_date}

    @property
    def _names_company(self) -> bool:
        return self.party.kind == Kind.PERSON

    def clean_document(self) -> CPF | CNPJ:
        read: CPF | CNPJ = taken((CNPJ if self._names_company else CPF).parse(self.cleaned_data["document"]))
        return read

    def clean_until(self) -> Any:
        since, until = self.cleaned_data.get("since"), self.cleaned_data["until"]
        if since and until and until < since:
            raise forms.ValidationError(_("This is before it began."))
        return until

    def write(self, by: str) -> bool:
        given = self.cleaned_data
        role = Role(given["kind"], given["role"], given["since"], given["until"])
        try:
            if self.row:
                tie_edit(tie=self.row, role=role, by=by)
            else:
                tie_add(party_id=self.party.pk, other=given["document"], role=role, by=by)
        except TiedAlready:
            self.add_error("role", _("This role is on file already."))
            return False
        return True

    def remove(self, by: str) -> None:
        tie_cut(tie=self.row, by=by)


FORMS: dict[str, type[RowForm]] = {"contacts": ContactForm, "addresses": AddressForm, "companies": TieForm}
