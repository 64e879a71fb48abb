"""Who of all these people is the lead?"""

from typing import Any

import pytest

from enrichment.choose import Verdict, choose
from enrichment.memory import Entry, Namesake
from parties.identifiers import CPF, Email, Identifier, Phone

PHONE = Phone.parse("11987654321")
EMAIL = Email.parse("marina.prado@example.com")
MARINA = Namesake("52998224725", "MARINA ALVES PRADO")
JOSE = Namesake("11144477735", "JOSE CARLOS PRADO")
CROWD = [Namesake(f"{n:011}", f"PESSOA NUMERO {n}") for n in range(8)]


def verdict(name: str, *, phone: list[Namesake] | None = None, email: list[Namesake] | None = None) -> Verdict:
    entries: dict[Identifier, Entry] = {}
    for contact, people in ((PHONE, phone), (EMAIL, email)):
        assert isinstance(contact, Phone | Email)
        if people is not None:
            entries[contact] = Entry(people=people, asked=True)
    return choose(name=name, entries=entries)


def chosen(found: Verdict) -> list[str]:
    return [choice.cpf for choice in found.chosen]


def test_the_one_whose_name_fits_is_chosen_not_the_first() -> None:
    assert chosen(verdict("Marina Prado", phone=[JOSE, MARINA])) == [MARINA.cpf]


def test_phone_and_email_of_the_same_person_agree() -> None:
    found = verdict("Marina Prado", phone=[JOSE, MARINA], email=[MARINA])
    assert (chosen(found), found.same_person) == ([MARINA.cpf], True)
    assert found.confidence is not None
    assert found.confidence > verdict("Marina Prado", phone=[MARINA]).confidence  # type: ignore[operator]


@pytest.mark.parametrize("silent", ["phone", "email"])
def test_one_contact_alone_never_says_same_person(silent: str) -> None:
    both: dict[str, Any] = {"phone": [MARINA], "email": [MARINA]}
    both[silent] = []
    assert verdict("Marina Prado", **both).same_person is None


def test_a_phone_and_an_email_of_two_people_are_a_conflict() -> None:
    found = verdict("Marina Prado", phone=[MARINA], email=[JOSE])
    assert (chosen(found), found.same_person, found.is_conflict) == ([MARINA.cpf, JOSE.cpf], False, True)


def test_a_better_name_outweighs_two_contacts_of_somebody_else() -> None:
    """The couple's phone, the husband's e-mail, the wife's name."""
    found = verdict("Marina Alves Prado", phone=[JOSE, MARINA], email=[JOSE])
    assert chosen(found) == [MARINA.cpf, JOSE.cpf]


def test_nobody_behind_the_contacts_is_nobody() -> None:
    assert verdict("Marina Prado", phone=[], email=[]).chosen == ()


def test_a_mismatching_name_is_still_the_answer_but_marked() -> None:
    found = verdict("Roberto Teixeira", phone=[MARINA])
    assert chosen(found) == [MARINA.cpf]
    assert found.chosen[0].is_mismatch


def test_without_a_name_nothing_mismatches_and_many_candidates_weaken_each() -> None:
    alone, crowded = verdict("", phone=[MARINA]), verdict("", phone=[MARINA, JOSE])
    assert not alone.chosen[0].is_mismatch
    assert alone.confidence is not None
    assert crowded.confidence is not None
    assert alone.confidence > 0.5 > crowded.confidence


@pytest.mark.parametrize("typed", ["11987654321", "marina@example.com", "???"])
def test_a_name_that_is_none_counts_as_none(typed: str) -> None:
    assert verdict(typed, phone=[MARINA]).chosen[0].likeness is None


def test_a_contact_shared_by_many_says_nothing() -> None:
    assert verdict("Marina Prado", phone=CROWD).chosen == ()
    found = verdict("Marina Prado", phone=[*CROWD, JOSE], email=[MARINA])
    assert (chosen(found), found.is_conflict) == ([MARINA.cpf], False)


def test_behind_a_shared_contact_a_fitting_name_is_still_found() -> None:
    found = verdict("Marina Prado", phone=[*CROWD, MARINA])
    assert chosen(found) == [MARINA.cpf]
    assert "phone_is_shared" in found.chosen[0].reasons


def test_a_cpf_that_the_lead_gave_wins() -> None:
    cpf, phone = CPF.parse("11144477735"), PHONE
    assert isinstance(cpf, CPF)
    assert isinstance(phone, Phone)
    found = choose(name="Marina Prado", entries={cpf: Entry(), phone: Entry(people=[MARINA], asked=True)})
    assert chosen(found) == [JOSE.cpf]


def test_the_order_of_the_answers_does_not_matter() -> None:
    forwards = verdict("Prado", phone=[JOSE, MARINA, *CROWD[:3]])
    backwards = verdict("Prado", phone=[*CROWD[2::-1], MARINA, JOSE])
    assert [c.cpf for c in forwards.ranked] == [c.cpf for c in backwards.ranked]


def test_every_choice_says_why() -> None:
    found = verdict("Marina Prado", phone=[MARINA], email=[JOSE])
    assert found.chosen[0].reasons == ("phone_leads_here", "email_leads_elsewhere", "name_likeness_0.93")
