"""Staff edit contacts, addresses and companies of a party, and let go of what they pinned."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from c2s_enrich.privacy.suppression import CONTACT, suppress
from c2s_enrich.privacy.suppression import CPF as SUPPRESSED_CPF
from parties.admin.refused import WHY
from parties.facts import AddressFact, CompanyFact
from parties.merge import person_file
from parties.models import Address, Kind, Party, PartyAddress, PartyChange, PartyContact, PartyRelationship, Person
from parties.refusals import REASONS
from tests.back_office import CLEAR, Rows, cpf_of, logged_in, page_url, party_contact, phone_of, rows, staff
from tests.parties.people import cnpj, cpf, email, later, phone, told

pytestmark = pytest.mark.django_db

BACKWARDS = {"since": "2020-01-02", "until": "2020-01-01"}
PLACE = {"street": "Rua das Acácias", "number": "120", "city": "Campinas", "state": "SP", "cep": "13010-100"}


@pytest.fixture
def made() -> Rows:
    return rows()


@pytest.fixture
def manager() -> Client:
    return logged_in(staff("manager", CLEAR, "change_party"))


def add(client: Client, party: Party, what: str, /, **typed: str) -> Any:
    return client.post(reverse("admin:parties_party_add_row", args=[party.pk, what]), typed)


def edit(client: Client, party: Party, what: str, row: Model, /, **typed: str) -> Any:
    return client.post(reverse("admin:parties_party_edit_row", args=[party.pk, what, row.pk]), typed)


def release(client: Client, party: Party, key: str) -> str:
    url = reverse("admin:parties_party_release", args=[party.pk])
    return client.post(url, {"key": key}, follow=True).content.decode()


def enriched(**facts: Any) -> None:
    person_file(facts=told(cpf=cpf(), told_at=later(9999), **facts))


def numbers(party: Party) -> set[str]:
    return set(party.contacts.values_list("value", flat=True))


def test_every_refusal_has_its_words() -> None:
    assert WHY.keys() == set(REASONS)


def test_a_contact_is_added_in_any_form_and_the_first_of_its_family_is_primary(made: Rows, manager: Client) -> None:
    party = made[Party]
    assert add(manager, party, "contacts", value="Marina@Example.COM", is_verified="on").status_code == 302
    added = party.contacts.get(value="marina@example.com")
    assert (added.source, added.is_primary, added.is_verified) == ("staff", True, True)


def test_another_contact_becomes_the_one_to_use_first(made: Rows, manager: Client) -> None:
    party = made[Party]
    add(manager, party, "contacts", value="(19) 99876-5432", is_primary="on", is_whatsapp="on")
    assert list(party.contacts.values_list("value", "contact_type", "is_primary")) == [
        ("+5519998765432", "whatsapp", True), (phone_of(0), "phone", False),
    ]  # fmt: skip


def test_a_corrected_contact_stands_and_the_wrong_one_stays_away(made: Rows, manager: Client) -> None:
    party, wrong = made[Party], made[PartyContact]
    edit(manager, party, "contacts", wrong, value="11 98765-4329", is_primary="on")
    enriched(contacts=[phone(phone_of(0)), phone("+5511987654329", whatsapp=True)])
    [kept] = party.contacts.all()
    assert (kept.value, kept.contact_type, kept.is_primary) == ("+5511987654329", "phone", True)


def test_a_removed_contact_comes_back_only_once_it_is_released(made: Rows, manager: Client) -> None:
    party, row = made[Party], made[PartyContact]
    edit(manager, party, "contacts", row, remove="")
    enriched(contacts=[phone(phone_of(0)), email()])
    assert phone_of(0) not in numbers(party)
    page = manager.get(page_url(party)).content.decode()
    assert "Removed by staff" in page
    assert "(11) 98765-4321" in page
    assert "may change it again" in release(manager, party, f"contacts.{phone_of(0)}")
    enriched(contacts=[phone(phone_of(0))])
    assert phone_of(0) in numbers(party)


def test_what_staff_change_is_noted_with_their_name(made: Rows, manager: Client) -> None:
    add(manager, made[Party], "contacts", value="marina@example.com")
    change = PartyChange.objects.get(party=made[Party], by="manager")
    assert list(change.values) == ["contacts.marina@example.com"]


@pytest.mark.parametrize(
    ("what", "kind", "value", "typed"),
    [
        ("contacts", CONTACT, "marina@example.com", {"value": "marina@example.com"}),
        ("companies", SUPPRESSED_CPF, cpf_of(7), {"document": cpf_of(7), "kind": "partner"}),
    ],
)
def test_whoever_was_forgotten_is_not_written_down_again(
    made: Rows, manager: Client, what: str, kind: str, value: str, typed: dict[str, str]
) -> None:
    suppress([(kind, value)])
    firm = Party.objects.create(kind=Kind.COMPANY, cpf_cnpj=cnpj().value)
    answer = add(manager, firm, what, **typed)
    assert "asked to be forgotten" in answer.content.decode()
    assert not firm.contacts.exists()
    assert not firm.related_from.exists()


def test_a_pinned_value_is_marked_and_released(made: Rows, manager: Client) -> None:
    party = made[Party]
    Person.objects.filter(party=party).update(occupation="ARQUITETA")
    Party.objects.filter(pk=party.pk).update(origins={"occupation": {"source": "staff", "pinned": True}})
    assert 'value="occupation"' in manager.get(page_url(party)).content.decode()
    release(manager, party, "occupation")
    enriched(occupation="ENGENHEIRA")
    assert Person.objects.get(party=party).occupation == "ENGENHEIRA"
    assert "Nothing was held there" in release(manager, party, "occupation")


def test_another_spelling_of_a_place_is_corrected_for_all_who_live_there(made: Rows, manager: Client) -> None:
    home = PartyAddress.objects.get(party=made[Party])
    spelt = {"street": "Rua das Acácias", "number": "0", "city": "Campinas", "state": "SP", "neighborhood": "Cambuí"}
    assert edit(manager, made[Party], "addresses", home, **spelt).status_code == 302
    place = Address.objects.get(pk=home.address_id)
    assert (place.street, place.neighborhood) == ("Rua das Acácias", "Cambuí")


def test_another_place_is_a_move_of_this_party_alone(made: Rows, manager: Client) -> None:
    party, home = made[Party], PartyAddress.objects.get(party=made[Party])
    neighbour = Party.objects.create(kind=Kind.PERSON)
    PartyAddress.objects.create(party=neighbour, address=home.address)
    edit(manager, party, "addresses", home, is_primary="on", **PLACE)
    enriched(addresses=[AddressFact(street="R DAS ACACIAS", number="0", city="CAMPINAS", state="SP")])
    [now] = PartyAddress.objects.filter(party=party).select_related("address")
    assert (now.address.number, now.address.cep, now.source, now.is_primary) == ("120", "13010100", "staff", True)
    assert neighbour.addresses.get().address_id == home.address_id
    assert "R DAS ACACIAS, 0, CAMPINAS, SP" in manager.get(page_url(party)).content.decode()


def test_a_company_is_added_by_its_cnpj_and_shows_the_person(made: Rows, manager: Client) -> None:
    party = made[Party]
    typed = {"document": "11.222.333/0001-81", "kind": "partner", "role": "SOCIO", "since": "2020-01-31"}
    assert add(manager, party, "companies", **typed).status_code == 302
    tie = PartyRelationship.objects.get(to_party__cpf_cnpj=cnpj().value)
    assert page_url(party) in manager.get(page_url(tie.to_party)).content.decode()
    assert page_url(tie.to_party) in manager.get(page_url(party)).content.decode()
    again = add(manager, party, "companies", **typed)
    assert "role" in again.context["form"].errors


def test_a_person_is_added_on_the_page_of_a_company(made: Rows, manager: Client) -> None:
    company = Party.objects.create(kind=Kind.COMPANY, cpf_cnpj=cnpj().value, name="FIRMA")
    add(manager, company, "companies", document="529.982.247-25", kind="employee")
    assert made[Party].relationships.get(to_party=company).kind == "employee"


def test_a_tie_is_corrected_and_cut_for_good(made: Rows, manager: Client) -> None:
    party = made[Party]
    add(manager, party, "companies", document=cnpj().value, kind="partner", role="SOCIO")
    tie = PartyRelationship.objects.get(to_party__cpf_cnpj=cnpj().value)
    edit(manager, party, "companies", tie, kind="partner", role="SOCIA", until="2024-05-01")
    enriched(companies=[CompanyFact(cnpj=cnpj(), kind="employee", role="SOCIA")])
    tie.refresh_from_db()
    assert (tie.kind, tie.role, str(tie.end_date)) == ("partner", "SOCIA", "2024-05-01")
    edit(manager, tie.to_party, "companies", tie, remove="")
    enriched(companies=[CompanyFact(cnpj=cnpj(), kind="employee", role="SOCIA")])
    assert not PartyRelationship.objects.filter(pk=tie.pk).exists()


@pytest.mark.parametrize(
    ("kind", "field", "typed"),
    [
        ("contacts", "value", {"value": "98765-4321"}),
        ("contacts", "value", {"value": "marina@"}),
        ("addresses", "cep", PLACE | {"cep": "1301"}),
        ("addresses", "state", PLACE | {"state": "XX"}),
        ("addresses", "city", PLACE | {"city": ""}),
        ("companies", "document", {"document": "11.222.333/0001-82", "kind": "partner"}),
        ("companies", "document", {"document": "529.982.247-25", "kind": "partner"}),
        ("companies", "until", {"document": cnpj().value, "kind": "partner"} | BACKWARDS),
    ],
)
def test_what_cannot_be_is_refused(made: Rows, manager: Client, kind: str, field: str, typed: dict[str, str]) -> None:
    answer = add(manager, made[Party], kind, **typed)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors


@pytest.mark.parametrize("permissions", [["change_party"], [CLEAR]])
def test_without_the_permission_nothing_is_edited(made: Rows, permissions: list[str]) -> None:
    client, party = logged_in(staff("agent", *permissions)), made[Party]
    Party.objects.filter(pk=party.pk).update(origins={"mother_name": {"source": "staff", "pinned": True}})
    assert add(client, party, "contacts", value="marina@example.com").status_code == 403
    assert edit(client, party, "contacts", made[PartyContact], remove="").status_code == 403
    release(client, party, "mother_name")
    party.refresh_from_db()
    assert party.origins["mother_name"]["pinned"]
    page = client.get(page_url(party)).content.decode()
    assert "/contacts/" not in page
    assert "held by staff" in page
    assert numbers(party) == {phone_of(0)}


def test_a_row_of_another_party_is_not_found(made: Rows, manager: Client) -> None:
    other = rows(1)
    for kind, row in (("contacts", made[PartyContact]), ("addresses", PartyAddress.objects.get(party=made[Party]))):
        assert edit(manager, other[Party], kind, row, remove="").status_code == 404
    assert add(manager, other[Party], "riches").status_code == 404


def test_the_page_says_what_changed_between_two_enrichments(made: Rows, manager: Client) -> None:
    party = made[Party]
    party.enrichments.all().delete()
    older = {"DadosBasicos": {"estadoCivil": "SOLTEIRA", "nomeMae": "LUCIA"}, "telefones": [{"telefone": phone_of(0)}]}
    newer = {"DadosBasicos": {"estadoCivil": "CASADA", "nomeMae": "LUCIA"}, "telefones": [{"telefone": phone_of(9)}]}
    party.enrichments.create(provider="work_api", profile=older, enriched_at=later(1))
    party.enrichments.create(provider="work_api", profile=newer, enriched_at=later(2))
    page = manager.get(page_url(party)).content.decode()
    assert "<del>SOLTEIRA</del><ins>CASADA</ins>" in page
    assert f"<ins>{phone_of(9)}</ins>" in page
    assert "<ins>LUCIA" not in page
    masked = logged_in(staff("viewer")).get(page_url(party)).content.decode()
    assert phone_of(9) not in masked
    assert masked.count("<ins>") == 2


def test_the_page_asks_as_often_however_much_was_pinned(made: Rows, manager: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert manager.get(page_url(made[Party])).status_code == 200
        return len(captured)

    asked()
    for_one = asked()
    for number in range(1, 10):
        party_contact(made, number)
    held = {f"contacts.{phone_of(900 + number)}": {"source": "staff", "pinned": True} for number in range(10)}
    Party.objects.filter(pk=made[Party].pk).update(origins=held)
    assert asked() == for_one


def test_of_very_many_contacts_none_is_told_as_removed(made: Rows, manager: Client) -> None:
    party, last = made[Party], phone_of(999)
    numbers_of = [phone_of(number) for number in range(900, 1000)]
    PartyContact.objects.bulk_create(
        PartyContact(party=party, contact_type="phone", value=value, source="work_api") for value in numbers_of
    )
    Party.objects.filter(pk=party.pk).update(origins={f"contacts.{last}": {"source": "staff", "pinned": True}})
    assert "Removed by staff" not in manager.get(page_url(party)).content.decode()
