"""Staff edit a party, merge two, and part them again."""

from decimal import Decimal

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from parties.facts import FinanceFact
from parties.filing.finances import adjusted
from parties.merge import person_file
from parties.models import Kind, Party, PartyFinances, PartyMerge, Person
from tests.back_office import CLEAR, Rows, logged_in, page_url, rows, staff
from tests.parties.people import cpf, later, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Rows:
    return rows()


@pytest.fixture
def manager() -> Client:
    return logged_in(staff("manager", CLEAR, "change_party", "merge_party"))


def deed_url(name: str, party: Model) -> str:
    return reverse(f"admin:parties_party_{name}_this", args=[party.pk])


def filled_in(client: Client, party: Party, **values: str) -> dict[str, str]:
    """The form as it was shown, and what was typed into it; `__` stands for the dot of the finances."""
    form = client.get(deed_url("edit", party)).context["form"]
    shown = {}
    for name in form.fields:
        value = form[name].value()
        text = "" if value is None else str(value)
        shown |= {name: text, f"initial-{name}": text}
    return shown | {name.replace("__", "."): value for name, value in values.items()}


def test_a_corrected_value_is_kept_against_every_enrichment(made: Rows, manager: Client) -> None:
    party = made[Party]
    typed = filled_in(manager, party, mother_name="LUCIA ALVES PRADO", occupation="ARQUITETA")
    assert manager.post(deed_url("edit", party), typed).status_code == 302
    person_file(facts=told(cpf=cpf(), occupation="MEDICA"))
    person = Person.objects.get(party=party)
    assert (person.mother_name, person.occupation) == ("LUCIA ALVES PRADO", "ARQUITETA")
    party.refresh_from_db()
    assert party.origins["occupation"]["source"] == "staff"
    assert not party.origins.get("birth_date", {}).get("pinned"), "what was not changed is not pinned"


def test_what_an_enrichment_wrote_while_the_form_was_open_stays(made: Rows, manager: Client) -> None:
    party = made[Party]
    typed = filled_in(manager, party, mother_name="ANOTHER")
    Person.objects.filter(party=party).update(occupation="MEDICA")
    manager.post(deed_url("edit", party), typed)
    assert Person.objects.get(party=party).occupation == "MEDICA"


def test_a_corrected_income_stands_and_the_adjusted_one_follows(made: Rows, manager: Client) -> None:
    party = made[Party]
    assert manager.post(deed_url("edit", party), filled_in(manager, party, finances__income="7000")).status_code == 302
    person_file(facts=told(cpf=cpf(), finances=FinanceFact(income=Decimal(1), credit_score=812), told_at=later(9)))
    held = PartyFinances.objects.get(party=party)
    assert (held.income, held.income_adjusted, held.credit_score) == (7000, adjusted(Decimal(7000)), 812)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("cpf_cnpj", "529.982.247-26"), ("birth_date", "yesterday"), ("birth_date", "2990-01-01"),
        ("finances__income", "-1"), ("finances__credit_score", "much"), ("finances__income_max", "-5"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(made: Rows, manager: Client, field: str, typed: str) -> None:
    answer = manager.post(deed_url("edit", made[Party]), filled_in(manager, made[Party], **{field: typed}))
    assert answer.status_code == 200
    assert field.replace("__", ".") in answer.context["form"].errors


def test_a_range_of_income_begins_below_its_end(made: Rows, manager: Client) -> None:
    typed = filled_in(manager, made[Party], finances__income_min="9000", finances__income_max="5000")
    answer = manager.post(deed_url("edit", made[Party]), typed)
    assert "finances.income_max" in answer.context["form"].errors


def test_money_is_read_as_brazilians_write_it(made: Rows, manager: Client) -> None:
    client = manager
    client.cookies["django_language"] = "pt-br"
    answer = client.post(deed_url("edit", made[Party]), filled_in(client, made[Party], finances__income="7.500,50"))
    assert answer.status_code == 302, answer.context["form"].errors
    assert PartyFinances.objects.get(party=made[Party]).income == Decimal("7500.50")


def test_the_document_of_another_party_is_refused(made: Rows, manager: Client) -> None:
    other = Party.objects.create(kind=Kind.PERSON)
    answer = manager.post(deed_url("edit", other), filled_in(manager, other, cpf_cnpj="529.982.247-25"))
    assert "cpf_cnpj" in answer.context["form"].errors
    other.refresh_from_db()
    assert other.cpf_cnpj is None


def test_two_are_found_previewed_merged_and_parted(made: Rows, manager: Client) -> None:
    party = made[Party]
    other = Party.objects.create(kind=Kind.PERSON, name="MARINA A PRADO")
    url = deed_url("merge", party)
    assert [hit["row"] for hit in manager.get(url, {"q": "marina prado"}).context["offered"]] == [other]
    assert manager.get(url, {"other": other.pk}).context["plan"]["gone"] == other
    assert Party.objects.filter(pk=other.pk).exists()
    manager.post(url, {"other": str(other.pk)})
    assert not Party.objects.filter(pk=other.pk).exists()
    record = PartyMerge.objects.get()
    undo = reverse("admin:parties_party_undo_merge", args=[record.pk])
    assert undo in manager.get(page_url(party)).content.decode()
    assert manager.get(undo).status_code == 405
    manager.post(undo)
    assert Party.objects.filter(pk=other.pk).exists()


def test_a_merge_that_cannot_be_is_told_and_not_done(made: Rows, manager: Client) -> None:
    company = Party.objects.create(kind=Kind.COMPANY)
    answer = manager.post(deed_url("merge", made[Party]), {"other": str(company.pk)})
    assert "cannot become one" in answer.content.decode()
    assert not PartyMerge.objects.exists()


@pytest.mark.parametrize(("deed", "permissions"), [("edit", ["change_party"]), ("edit", [CLEAR]), ("merge", [CLEAR])])
def test_without_the_permission_nothing_is_done(made: Rows, deed: str, permissions: list[str]) -> None:
    client, party = logged_in(staff("agent", *permissions)), made[Party]
    other = Party.objects.create(kind=Kind.PERSON)
    assert client.get(deed_url(deed, party)).status_code == 403
    assert client.post(deed_url(deed, party), {"other": str(other.pk), "name": "X"}).status_code == 403
    assert Party.objects.filter(pk=other.pk).exists()
    assert not any(deed_url(name, party) in client.get(page_url(party)).content.decode() for name in ("edit", "merge"))


def test_without_the_permission_nothing_is_undone(made: Rows, manager: Client) -> None:
    other = Party.objects.create(kind=Kind.PERSON)
    manager.post(deed_url("merge", made[Party]), {"other": str(other.pk)})
    undo = reverse("admin:parties_party_undo_merge", args=[PartyMerge.objects.get().pk])
    assert logged_in(staff("agent", CLEAR)).post(undo).status_code == 403
    assert not Party.objects.filter(pk=other.pk).exists()
