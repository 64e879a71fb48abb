import pytest

from enrichment.sandbox.digits import AREA_CODES, cpf_of_mobile, is_cpf, mobile_of_cpf, national
from enrichment.sandbox.people import People
from enrichment.sandbox.person import TRAITS, made_up


def test_the_same_phone_gives_the_same_person_in_every_process() -> None:
    first, second = People().by_phone("11987650021"), People().by_phone("11987650021")
    assert first == second
    assert first[0].cpf == "24774598054"


@pytest.mark.parametrize("area", AREA_CODES)
def test_a_cpf_leads_back_to_the_mobile_it_came_from(area: str) -> None:
    mobile = f"{area}987650021"
    assert is_cpf(cpf_of_mobile(mobile))
    assert mobile_of_cpf(cpf_of_mobile(mobile)) == mobile


def test_different_phones_give_different_people() -> None:
    people = People()
    assert len({people.by_phone(f"119{98_000_020 + n * 100}")[0].cpf for n in range(5000)}) == 5000


@pytest.mark.parametrize(
    ("ending", "count"),
    [("00", 0), ("01", 2), ("02", 3), ("03", 4), ("04", 6), ("05", 8), ("09", 12), ("21", 1)],
)
def test_the_ending_of_a_phone_says_how_many_people_stand_behind_it(ending: str, count: int) -> None:
    people = People().by_phone(f"119876543{ending}")
    assert len({person.cpf for person in people}) == count
    assert all(is_cpf(person.cpf) for person in people)


@pytest.mark.parametrize("phone", ["11987650021", "55987654327", "1133334444", "11987651108"])
def test_a_paired_email_gives_the_person_of_the_phone(phone: str) -> None:
    people = People()
    assert people.by_email(f"cliente.{phone}@example.com")[0].cpf == people.by_phone(phone)[0].cpf


@pytest.mark.parametrize("phone", ["55987654327", "1133334444", "11987651105"])
def test_a_person_found_by_a_phone_has_that_phone(phone: str) -> None:
    people = People()
    for person in people.by_phone(phone):
        found = people.by_cpf(person.cpf)
        assert found is not None
        assert phone in found.phones


def test_a_persons_own_email_leads_back_to_the_person() -> None:
    people = People()
    person = people.by_phone("85987650033")[0]
    assert people.by_email(person.emails[0].upper())[0].cpf == person.cpf


def test_emails_follow_their_beginning() -> None:
    people = People()
    counts = {
        start: len(people.by_email(f"{start}.x@example.com")) for start in ("ninguem", "casal", "imobiliaria", "ana")
    }
    assert counts == {"ninguem": 0, "casal": 2, "imobiliaria": 12, "ana": 1}


def test_an_old_mobile_is_the_same_phone_as_its_newer_form() -> None:
    people = People()
    assert people.by_phone("1187650021") == people.by_phone("11987650021")


@pytest.mark.parametrize("text", ["5511987654321", "987654321", "011987654321", "11187654321", "abc"])
def test_only_national_numbers_are_phones(text: str) -> None:
    assert national(text) is None


@pytest.mark.parametrize("ending", TRAITS)
def test_a_trait_follows_from_the_ending_of_the_own_mobile(ending: str) -> None:
    assert made_up(cpf_of_mobile(f"119876543{ending}")).trait == TRAITS[ending][0]


def test_people_behind_an_email_carry_no_trait() -> None:
    people = People()
    assert {people.by_email(f"ana{n}@example.com")[0].trait for n in range(300)} == {""}


def test_a_registered_person_goes_before_the_rules() -> None:
    people = People()
    added = people.add(name="ANA TESTADA", phones=["(11) 98765-4300"], emails=["Ana@Example.com"])
    assert people.by_phone("11987654300") == [added]
    assert people.by_email("ana@example.com") == [added]
    assert people.by_name("Ana  Testada") == [added]
    assert people.by_cpf(added.cpf) == added


def test_a_phone_with_a_wrong_check_digit_among_its_people_has_exactly_one_wrong() -> None:
    people = People().by_phone("11987654307")
    assert [is_cpf(person.cpf) for person in people] == [False, True]
