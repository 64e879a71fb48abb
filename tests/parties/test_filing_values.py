from datetime import date
from decimal import Decimal

import pytest

from parties.facts import FinanceFact
from parties.filing.values import STAFF, value_pin, value_release
from parties.merge import KEEP_FIRST, TAKE_NEWEST
from parties.models import Kind, Party, PartyFinances, Person
from tests.parties.people import NOON, cpf, filed, later

pytestmark = pytest.mark.django_db


def test_a_person_is_filed_once_under_the_cpf() -> None:
    first, second = filed(), filed(told_at=later())
    assert first.pk == second.pk
    assert (second.kind, second.cpf_cnpj, second.folded_name) == (Kind.PERSON, "52998224725", "marina alves prado")


def test_another_cpf_is_another_person_whatever_the_name() -> None:
    assert filed().pk != filed(cpf=cpf(111444777)).pk


def test_unknown_stays_unknown() -> None:
    party = filed(name="")
    person = party.person
    assert (party.name, party.enriched, party.enriched_at, party.origins) == ("", False, None, {})
    assert {field: getattr(person, field) for field in (*KEEP_FIRST, *TAKE_NEWEST)} == {
        "birth_date": None, "mother_name": "", "father_name": "", "sex": "", "marital_status": "", "birthplace": "",
        "education": "", "nationality": "", "occupation": "", "registration_status": "", "deceased": None,
        "politically_exposed": None,
    }  # fmt: skip
    assert not PartyFinances.objects.exists()


def test_a_no_is_a_value_and_not_empty() -> None:
    filed(deceased=False)
    assert filed(deceased=None, told_at=later()).person.deceased is False
    assert filed(deceased=True, told_at=later(2)).person.deceased is True
    assert filed(deceased=False, told_at=later(3)).person.deceased is False


def test_nothing_empty_overwrites_what_is_known() -> None:
    full = {
        "birth_date": date(1984, 3, 14), "mother_name": "LUCIA ALVES", "father_name": "JOSE PRADO", "sex": "female",
        "marital_status": "CASADO(A)", "birthplace": "CAMPINAS", "education": "MEDIO", "nationality": "BRASILEIRA",
        "occupation": "ENGENHEIRO CIVIL", "registration_status": "REGULAR", "deceased": False,
        "politically_exposed": True,
    }  # fmt: skip
    assert set(full) == {*KEEP_FIRST, *TAKE_NEWEST}, "a new value must be told and tried here too"
    filed(**full)
    party = filed(name="", told_at=later())
    assert party.name == "MARINA ALVES PRADO"
    assert {field: getattr(party.person, field) for field in full} == full


@pytest.mark.parametrize(
    ("field", "first", "other"),
    [
        ("name", "MARINA ALVES PRADO", "MARINA A SILVA"),
        ("birth_date", date(1984, 3, 14), date(1984, 3, 15)),
        ("mother_name", "LUCIA ALVES", "LUCIANA ALVES"),
        ("father_name", "JOSE PRADO", "JOAO PRADO"),
    ],
)
def test_the_first_good_value_is_kept_and_a_differing_one_remembered(field: str, first: object, other: object) -> None:
    filed(**{field: first})
    party = filed(**{field: other}, source="diretrix", told_at=later())
    assert getattr(party if field == "name" else party.person, field) == first
    assert party.origins[field] == {
        "source": "work_api",
        "at": NOON.isoformat(),
        "others": [{"value": str(other), "source": "diretrix", "at": later().isoformat()}],
    }


def test_another_spelling_of_the_same_name_is_no_differing_one() -> None:
    filed(name="JOSÉ D'ÁVILA")
    party = filed(name="Jose Davila", told_at=later())
    assert (party.name, party.origins["name"].get("others")) == ("JOSÉ D'ÁVILA", None)


def test_only_a_few_differing_values_are_remembered_each_once_and_the_latest_first() -> None:
    filed()
    for day, number in enumerate([1, 2, 3, 4, 5, 6, 2], start=1):
        filed(name=f"OUTRA {'X' * number}", told_at=later(day))
    others = [other["value"] for other in filed().origins["name"]["others"]]
    assert others == [f"OUTRA {'X' * number}" for number in (2, 6, 5, 4, 3)]


@pytest.mark.parametrize("name", ["11987654321", "marina@example.com", "  ", "***"])
def test_what_is_no_name_is_not_taken_for_one(name: str) -> None:
    assert filed(name=name).name == ""
    assert filed(told_at=later()).name == "MARINA ALVES PRADO"


def test_what_may_change_takes_the_newest_word_even_when_it_arrives_first() -> None:
    filed(occupation="ARQUITETO", told_at=later(5), source="diretrix")
    party = filed(occupation="ENGENHEIRO CIVIL", told_at=later(1))
    assert party.person.occupation == "ARQUITETO"
    assert party.origins["occupation"] == {"source": "diretrix", "at": later(5).isoformat()}
    assert filed(occupation="MESTRE DE OBRAS", told_at=later(9)).person.occupation == "MESTRE DE OBRAS"


def test_a_word_said_again_counts_as_new() -> None:
    filed(occupation="ARQUITETO")
    filed(occupation="ARQUITETO", told_at=later(5))
    assert filed(occupation="ENGENHEIRO CIVIL", told_at=later(3)).person.occupation == "ARQUITETO"


def test_each_value_knows_its_source_and_date() -> None:
    party = filed(sex="female", birth_date=date(1984, 3, 14), finances=FinanceFact(income=Decimal(1)))
    known = {"source": "work_api", "at": NOON.isoformat()}
    assert party.origins == dict.fromkeys(
        ["name", "sex", "birth_date", "finances.income", "finances.income_adjusted"], known
    )


def test_a_name_too_long_for_its_column_is_cut() -> None:
    assert len(filed(name="ANA " * 100).name) == 255


@pytest.mark.parametrize("field", ["name", *KEEP_FIRST, *TAKE_NEWEST])
def test_no_enrichment_overwrites_a_value_that_staff_pinned(field: str) -> None:
    words: dict[str, tuple[object, object]] = {
        "birth_date": (date(1984, 3, 14), date(1990, 1, 1)),
        "deceased": (False, True),
        "politically_exposed": (False, True),
    }
    ours, theirs = words.get(field, ("ANA", "BEATRIZ"))
    party = filed(**{field: ours})
    value_pin(party, field)
    party = filed(**{field: theirs}, told_at=later(9))
    assert getattr(party if field == "name" else party.person, field) == ours
    assert party.origins[field]["pinned"] is True
    assert party.origins[field]["source"] == STAFF
    assert [other["value"] for other in party.origins[field]["others"]] == [str(theirs)]


def test_a_value_that_staff_emptied_stays_empty() -> None:
    party = filed(mother_name="LUCIA ALVES")
    Person.objects.filter(party=party).update(mother_name="")
    value_pin(party, "mother_name")
    assert filed(mother_name="LUCIA ALVES", told_at=later()).person.mother_name == ""


def test_a_released_value_may_change_again() -> None:
    party = filed(occupation="ARQUITETO")
    value_pin(party, "occupation")
    value_release(party, "occupation")
    filed(occupation="ENGENHEIRO CIVIL", told_at=later(1e4))
    assert Person.objects.get(party=party).occupation == "ENGENHEIRO CIVIL"


def test_pinning_keeps_what_a_filing_noted_meanwhile() -> None:
    stale = filed()
    filed(sex="female", told_at=later())
    value_pin(stale, "name")
    assert stale.origins.keys() == Party.objects.get(pk=stale.pk).origins.keys() == {"name", "sex"}


@pytest.mark.parametrize("key", ["income", "nome", "finances.party", "contact.x", ""])
def test_a_pin_that_would_hold_nothing_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no value of a party"):
        value_pin(filed(), key)
