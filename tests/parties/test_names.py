import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.names import folded, similarity, tokens

NAME_MATCH_MIN = 0.5

MATCH, OTHER = True, False

PAIRS = [
    # spelling
    ("Marina Alves Prado", "MARINA ALVES PRADO", MATCH),  # capitals
    ("José Antônio Gonçalves", "JOSE ANTONIO GONCALVES", MATCH),  # accents lost by the provider
    ("marina prado", "Marina  Prado ", MATCH),  # small letters, spaces
    ("Thiago Souza", "Tiago de Sousa", MATCH),  # the same sound
    ("Luiz Philippe Mello", "Luis Felipe Melo", MATCH),  # old spellings
    ("Wagner Araújo", "Vagner Araujo", MATCH),  # w and v
    ("Paulo Sant'Anna", "Paulo Santana", MATCH),  # apostrophe
    ("Renata D'Ávila", "Renata Davila", MATCH),  # apostrophe
    ("Fernadna Lima", "Fernanda Lima", MATCH),  # letters swapped in the given name
    ("Luciana Teixera", "Luciana Teixeira", MATCH),  # letter lost in the surname
    ("Marina Oliveria", "Marina Oliveira", MATCH),  # letters swapped in the surname
    # particles, missing and added words
    ("João Carlos da Silva e Souza", "Joao Carlos Silva Souza", MATCH),  # particles
    ("Marina Prado", "Marina Alves Prado", MATCH),  # middle name left out
    ("Marina Alves", "Marina Alves Prado", MATCH),  # name added at marriage
    ("Marina Alves Costa", "Marina Alves Prado", MATCH),  # surname changed at marriage
    ("Marina Pedroso Vicente", "Marina Vicente", MATCH),  # surname that is also a given name
    ("Ana Paula", "Ana Paula Pereira", MATCH),  # compound given name alone
    ("Paula Pereira", "Ana Paula Pereira", MATCH),  # called by the second name
    ("Rubens Prado", "Carlos Rubens Prado", MATCH),  # called by a rare second name
    # order
    ("PRADO, Marina", "Marina Alves Prado", MATCH),  # surname first with a comma
    ("PRADO MARINA", "Marina Prado", MATCH),  # surname first without
    ("Silva Filho, José", "José Silva Filho", MATCH),  # suffix before the comma
    # initials and short forms
    ("M. A. Prado", "Marina Alves Prado", MATCH),  # initials in front
    ("M. Prado", "Marina Alves Prado", MATCH),  # one initial and the surname
    ("Marina P.", "Marina Alves Prado", MATCH),  # surname as an initial
    ("Mª Aparecida Souza", "Maria Aparecida Souza", MATCH),  # usual abbreviation
    ("Zé Carlos Prado", "José Carlos Prado", MATCH),  # usual short form
    # titles, suffixes, additions
    ("Dra. Marina Prado", "Marina Prado", MATCH),  # title
    ("Sr. Prof. Carlos Lima", "Carlos Lima", MATCH),  # two titles
    ("José Silva", "José Silva Filho", MATCH),  # suffix left out
    ("José Silva Jr.", "José Silva Júnior", MATCH),  # suffix abbreviated
    ("Marina 🌸 Prado", "Marina Prado", MATCH),  # emoji
    ("𝓜𝓪𝓻𝓲𝓷𝓪 Prado", "Marina Prado", MATCH),  # fancy letters
    ("Marina Prado - Imobiliária Exemplo", "Marina Prado", MATCH),  # employer behind a dash
    ("Marina Prado (esposa do Carlos)", "Marina Prado", MATCH),  # note in brackets
    ("marina_prado84", "Marina Prado", MATCH),  # user name
    ("MARINA ALVES PRADO 52998224725", "Marina Alves Prado", MATCH),  # sole trader with the number behind
    ("Empresa Exemplo", "EMPRESA EXEMPLO LTDA - ME", MATCH),  # company tail
    ("Comercial Exemplo S/A", "Comercial Exemplo", MATCH),  # company tail with a slash
    ("Marina", "Marina Alves Prado", MATCH),  # first name alone
    ("Luiz", "Luís Souza", MATCH),  # first name alone, other spelling
    # somebody else
    ("Carlos Alves Prado", "Marina Alves Prado", OTHER),  # siblings
    ("José Maria da Silva", "Maria José da Silva", OTHER),  # given names swapped: a man and a woman
    ("Luiz Carlos Souza", "Carlos Luiz Souza", OTHER),  # brothers
    ("João Pedro Lima Prado", "Pedro João Lima Prado", OTHER),
    ("Ana Maria Rocha", "Maria Ana Rocha", OTHER),
    ("Maria José da Silva", "José Maria Aparecido da Silva", OTHER),  # one given name more
    ("João Souza", "Joana Souza", OTHER),
    ("Antônio Carlos Prado", "Antônia Carlos Prado", OTHER),
    ("Paulo Mendes", "Paula Mendes", OTHER),  # brother and sister, one letter apart
    ("Daniel Rocha", "Daniela Rocha", OTHER),  # brother and sister, one letter more
    ("Rafaela Pires Lima", "Rafael Pires Lima", OTHER),  # the same, three words
    ("Maria Silva", "Mariana Silva", OTHER),  # sisters, one name inside the other
    ("Márcia Silva", "Maria Silva", OTHER),  # sisters, one letter apart
    ("Ana Paula Silva", "Ana Carolina Silva", OTHER),  # sisters with half a name in common
    ("João Carlos Prado", "José Carlos Prado", OTHER),  # brothers with half a name in common
    ("José Prado", "Maria José Prado", OTHER),  # Maria José is never called José
    ("José Silva Neto", "José Silva Filho", OTHER),  # grandson and son
    ("Marina Costa", "Marina Prado", OTHER),  # only the given name
    ("Ana Paula Silva", "Ana Paula Souza", OTHER),  # only the compound given name
    ("João da Silva", "João dos Santos", OTHER),  # only given name and particle
    ("Marina Pereira", "Marina Ferreira", OTHER),  # surnames that only look alike
    ("Marina da Silva", "Marina da Silveira", OTHER),  # surnames that only begin alike
    ("Prado", "Marina Prado", OTHER),  # surname alone
    ("Mariana", "Marina Prado", OTHER),  # another first name
    ("Ana", "Marina Prado", OTHER),  # inside another name
    ("M. P.", "Marina Prado", OTHER),  # initials only
    ("M. B. Prado", "Marina Alves Prado", OTHER),  # an initial that disagrees
    ("Marina Prado", "EMPRESA EXEMPLO LTDA", OTHER),  # person and company
    # no evidence at all
    ("marina.prado@example.com", "Marina Prado", OTHER),  # an e-mail for a name
    ("+55 11 98765-4321", "Marina Prado", OTHER),  # a phone for a name
    ("🌸🌸🌸", "Marina Prado", OTHER),  # emoji only
    ("", "Marina Prado", OTHER),  # nothing
    ("da", "Da Silva", OTHER),  # a particle
    ("Cliente WhatsApp", "Marina Prado", OTHER),  # a placeholder
]

BANDS = [
    ("Marina Prado", "MARINA PRADO", 1.0, 1.0),
    ("Prado, Marina", "Marina Prado", 1.0, 1.0),
    ("Marina Prado", "Marina Alves Prado", 0.85, 0.99),
    ("José Silva", "José Silva Filho", 0.8, 0.99),
    ("Marina", "Marina Alves Prado", 0.5, 0.6),
    ("Marina", "Marina", 0.5, 0.6),
    ("M. A. Prado", "Marina Alves Prado", 0.5, 0.7),
    ("Marina Alves Costa", "Marina Alves Prado", 0.6, 0.85),
    ("Fernadna Lima", "Fernanda Lima", 0.6, 0.95),
    ("Marina Costa", "Marina Prado", 0.2, 0.49),
    ("Carlos Prado", "Marina Prado", 0.0, 0.4),
    ("", "", 0.0, 0.0),
    ("marina@example.com", "marina@example.com", 0.0, 0.0),
    ("11987654321", "11987654321", 0.0, 0.0),
]

words = st.sampled_from(
    [
        "Marina", "Mariana", "Ana", "Paula", "José", "Alves", "Prado", "da", "Filho", "Neto", "Souza",
        "Sousa", "M.", "A.", "Dr.", ",", "LTDA", "🌸", "84",
    ]
)  # fmt: skip
any_text = st.text(st.characters()) | st.lists(words, max_size=7).map(" ".join)


@pytest.mark.parametrize(("a", "b", "same"), PAIRS)
def test_the_decision_is_the_one_a_person_would_take(a: str, b: str, same: bool) -> None:
    assert (similarity(a, b) >= NAME_MATCH_MIN) is same, similarity(a, b)


def test_the_table_of_pairs_stays_long_and_balanced() -> None:
    matches = sum(same for _, _, same in PAIRS)
    assert matches >= 25
    assert len(PAIRS) - matches >= 20


@pytest.mark.parametrize(("a", "b", "low", "high"), BANDS)
def test_the_score_lies_in_its_band(a: str, b: str, low: float, high: float) -> None:
    assert low <= similarity(a, b) <= high


@pytest.mark.parametrize(("a", "b", "same"), PAIRS)
def test_a_pair_scores_the_same_both_ways(a: str, b: str, same: bool) -> None:
    assert similarity(a, b) == similarity(b, a)


@given(any_text, any_text)
def test_similarity_is_symmetric_and_bounded(a: str, b: str) -> None:
    score = similarity(a, b)
    assert 0.0 <= score <= 1.0
    assert similarity(b, a) == score


@given(any_text)
def test_two_words_or_more_are_fully_like_themselves(name: str) -> None:
    if len(tokens(name)) >= 2:
        assert similarity(name, name) == 1.0


@given(any_text)
def test_folding_twice_changes_nothing(name: str) -> None:
    once = folded(name)
    assert folded(once) == once
    assert all(char.isalnum() or char == " " for char in once)
    assert once == " ".join(once.split())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("  José  ANTÔNIO Gonçalves ", "jose antonio goncalves"),
        ("D'Ávila-Prado", "davila prado"),
        ("Straße 21", "strasse 21"),
        ("Ｍarina\u200b\ud800 🌸", "marina"),
        ("\x00", ""),
    ],
)
def test_the_folded_key_is_plain(name: str, key: str) -> None:
    assert folded(name) == key


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dr. João da Silva e Souza", ["joao", "silva", "souza"]),
        ("PRADO, Marina", ["marina", "prado"]),
        ("Silva, Jr", ["silva", "jr"]),
        ("E. Souza", ["e", "souza"]),
        ("Empresa Exemplo Ltda. ME", ["empresa", "exemplo"]),
        ("José de Sá", ["jose", "sa"]),
        ("marina@example.com", []),
        ("52998224725", []),
    ],
)
def test_only_words_that_tell_someone_apart_are_tokens(name: str, expected: list[str]) -> None:
    assert tokens(name) == expected


def test_an_endless_name_costs_no_time() -> None:
    assert similarity("Marina Prado " * 20_000, "Marina Prado") > 0
