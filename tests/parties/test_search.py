import pytest
from django.db import connection

from parties import search
from parties.identifiers import CPF, Phone
from parties.models import ContactType, Kind, Party, PartyContact
from parties.search import identifiers_in, parties_named, party_ids
from tests.planner import unlearned

pytestmark = pytest.mark.django_db


@pytest.fixture
def marina() -> Party:
    party = Party.objects.create(kind=Kind.PERSON, cpf_cnpj="52998224725", name="MARINA ALVES DO PRADO")
    for kind, value in ((ContactType.PHONE, "+5511987654321"), (ContactType.EMAIL, "marina.prado@example.com")):
        PartyContact.objects.create(party=party, contact_type=kind, value=value)
    Party.objects.create(kind=Kind.PERSON, name="OTÁVIO NUNES BRITO")
    return party


@pytest.mark.parametrize(
    "term",
    [
        "11987654321", "(11) 98765-4321", "+55 11 98765-4321", "011 8765-4321", "Marina.Prado@Example.com ",
        "529.982.247-25", "52998224725", "marina prado", "PRADO, Marina", "mari alv", "Márina",
    ],
)  # fmt: skip
def test_somebody_is_found_by_whatever_is_at_hand(marina: Party, term: str) -> None:
    assert party_ids(term) == [marina.pk]


@pytest.mark.parametrize("term", ["", "   ", "'", "a' | 'b", "!&|():*", "prado silva", "11987654322", "\x00"])
def test_what_fits_nobody_finds_nobody(marina: Party, term: str) -> None:
    assert party_ids(term) == []


def test_accents_do_not_matter(marina: Party) -> None:
    assert party_ids("otavio brito") == [Party.objects.get(name__startswith="OT").pk]


def test_eleven_digits_may_be_a_phone_and_a_cpf() -> None:
    both = next(cpf for cpf in range(11911111100, 11999999999) if isinstance(CPF.parse(str(cpf)), CPF))
    assert {type(found) for found in identifiers_in(str(both))} == {CPF, Phone}


@pytest.mark.parametrize(
    ("term", "index"),
    [
        ("11987654321", "party_contacts_by_value"),
        ("529.982.247-25", "parties_one_per_document"),
        ("marina prado", "parties_name_words"),
        ("marina prado", "parties_name_ends"),
    ],
)
def test_every_search_is_answered_by_an_index(marina: Party, term: str, index: str) -> None:
    plans: list[str] = []

    def explained(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        with connection.cursor().connection.cursor() as cursor:
            cursor.execute(f"explain {sql}", params)
            plans.extend(row[0] for row in cursor.fetchall())
        return execute(sql, params, many, context)

    unlearned()
    connection.cursor().execute("set local enable_seqscan = off")
    with connection.execute_wrapper(explained):
        party_ids(term)
    assert any(index in line for line in plans)


def test_a_crowd_that_holds_the_words_does_not_hide_whose_first_and_last_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_READ_AT_MOST", 3)
    names = [
        *(f"JOÃO MARIA SILVA {n}" for n in range(9)),
        "MARIA APARECIDA DAS DORES DA CONCEIÇÃO SILVA",
        "MARIANA LIMA",
    ]
    for name in names:
        Party.objects.create(kind=Kind.PERSON, name=name)
    assert parties_named("Maria Silva")[0].name == names[-2]
    assert Party.objects.get(pk=party_ids("maria")[0]).name == names[-2]
    assert [hit.name for hit in parties_named("marian lim")] == names[-1:]


def test_enough_whole_words_spare_the_search_for_how_words_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_ENOUGH", 1)
    for name in ("ANA LIMA", "ANABELA LIMA"):
        Party.objects.create(kind=Kind.PERSON, name=name)
    assert [hit.name for hit in parties_named("ana lima")] == ["ANA LIMA"]
