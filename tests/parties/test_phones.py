import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.identifiers import Phone, Refused
from tests.parties.reads import digits_in, value_of

SPELLINGS = [
    ("5511987654321", "+5511987654321"),
    ("011987654321", "+5511987654321"),
    ("(11) 98765-4321", "+5511987654321"),
    (11987654321, "+5511987654321"),
    ("+55 (011) 98765-4321", "+5511987654321"),
    ("0 15 11 98765-4321", "+5511987654321"),
    ("+55 0 15 11 98765-4321", "+5511987654321"),
    ("0xx11 98765-4321", "+5511987654321"),
    ("005511987654321", "+5511987654321"),
    ("0055 11 98765-4321", "+5511987654321"),
    ("+0055 11 98765-4321", "+5511987654321"),
    ("055 11 98765-4321", "+5511987654321"),
    ("55 55 11 98765-4321", "+5511987654321"),
    ("whatsapp: +55 11 98765-4321", "+5511987654321"),
    ("tel:+55-11-98765-4321", "+5511987654321"),
    ("11 98765-4321 (Marina)", "+5511987654321"),
    ("\u202a+55 11 98765-4321\u202c", "+5511987654321"),
    ("+５５ １１ ９８７６５-４３２１", "+5511987654321"),
    ("٠١١٩٨٧٦٥٤٣٢١", "+5511987654321"),
    ("11 98765-4321 / 21 3234-5678", "+5511987654321"),  # two numbers: the first
    ("11987654321;11987654322", "+5511987654321"),
    ("11/98765-4321", "+5511987654321"),
    ("11 3234-5678 ramal 55", "+551132345678"),
    ("55 3234-5678 ramal 11", "+555532345678"),
    ("1132345678", "+551132345678"),
    ("551132345678", "+551132345678"),
    # 55 is also an area code (Rio Grande do Sul)
    ("55987654321", "+5555987654321"),
    ("055987654321", "+5555987654321"),
    ("+5555987654321", "+5555987654321"),
    ("5555987654321", "+5555987654321"),
    ("0 15 55 98765-4321", "+5555987654321"),
    ("5532345678", "+555532345678"),
    ("555532345678", "+555532345678"),
    # mobiles from before the ninth digit
    ("1198765432", "+5511998765432"),
    ("551198765432", "+5511998765432"),
    ("+55 11 9876-5432", "+5511998765432"),
    ("(11) 7070-7071", "+5511970707071"),
    ("(11) 6123-4567", "+5511961234567"),
    ("5598765432", "+5555998765432"),
    ("555598765432", "+5555998765432"),
    # abroad
    ("+1 (650) 253-0000", "+16502530000"),
    ("00 1 650 253 0000", "+16502530000"),
    ("+351 912 345 678", "+351912345678"),
    ("+44 (0)20 7946 0958", "+442079460958"),
    ("+39 06 1234 5678", "+390612345678"),
]


@pytest.mark.parametrize(("raw", "value"), SPELLINGS)
def test_a_phone_is_one_number_in_any_spelling(raw: object, value: str) -> None:
    assert value_of(Phone.parse(raw)) == value


# All 67 area codes there are.
AREA_CODES = [
    *range(11, 20), 21, 22, 24, 27, 28, *range(31, 36), 37, 38, *range(41, 50), 51, 53, 54, 55,
    *range(61, 70), 71, 73, 74, 75, 77, 79, *range(81, 90), *range(91, 100),
]  # fmt: skip
area_codes = st.sampled_from([str(code) for code in AREA_CODES])
mobiles = st.from_regex(r"9[0-9]{8}", fullmatch=True, alphabet="0123456789")
landlines = st.from_regex(r"[2-5][0-9]{7}", fullmatch=True, alphabet="0123456789")
WAYS = [
    "{ddd}{number}", "0{ddd}{number}", "({ddd}) {number}", "55{ddd}{number}", "+55{ddd}{number}",
    "0055{ddd}{number}",
    "0 21 {ddd} {number}", "+55 (0{ddd}) {number}", "+55 0 31 {ddd} {number}", "zap +55 {ddd} {number}",
]  # fmt: skip


@given(ddd=area_codes, number=mobiles | landlines, way=st.sampled_from(WAYS))
def test_all_ways_of_writing_lead_to_the_same_phone(ddd: str, number: str, way: str) -> None:
    phone = Phone.parse(way.format(ddd=ddd, number=number))
    assert isinstance(phone, Phone)
    assert (phone.value, phone.country) == (f"+55{ddd}{number}", "BR")
    assert (phone.ddd, phone.subscriber, phone.national) == (ddd, number, ddd + number)
    assert phone.is_mobile == (len(number) == 9)
    assert digits_in(phone.masked) == ddd + number[-2:]


@given(ddd=area_codes, number=st.from_regex(r"[6-9][0-9]{7}", fullmatch=True, alphabet="0123456789"))
def test_the_ninth_digit_is_put_back(ddd: str, number: str) -> None:
    assert Phone.parse(f"55{ddd}{number}") == Phone.parse(f"({ddd}) 9{number}")


@pytest.mark.parametrize(
    "typed",
    [
        "(11) 98765-432", "11 98765 432", "(11) 9876-543", "11 98765.432", "+55 11 98765-432", "+34 612 345 67",
        "+33 6 12 34 56 7", "+1 631 304 981", "006147894316", "+11 98765-4321", "+41 9 8765 4321",
    ],
)  # fmt: skip
def test_a_digit_short_or_from_abroad_is_no_strangers_number_here(typed: str) -> None:
    assert isinstance(Phone.parse(typed), Refused)


@given(code=st.integers(1, 999).filter(lambda code: not str(code).startswith("55")), rest=st.integers(10**5, 10**10))
def test_a_number_with_another_countrys_code_never_becomes_brazilian(code: int, rest: int) -> None:
    for written in (f"+{code} {rest}", f"00{code}{rest}"):
        read = Phone.parse(written)
        if f"{code}{rest}".startswith("55"):
            continue
        assert isinstance(read, Refused) or read.is_foreign


def test_a_phone_says_whether_a_digit_was_added() -> None:
    given = {"(11) 98765-4321": False, "11 8765-4321": True, "+55 11 8765 4321": True, "(11) 3234-5678": False}
    for typed, is_corrected in given.items():
        read = Phone.parse(typed)
        assert isinstance(read, Phone)
        assert read.is_corrected == is_corrected


@pytest.mark.parametrize("area_code", sorted(set(range(10, 100)) - set(AREA_CODES)))
def test_area_codes_that_do_not_exist_are_refused(area_code: int) -> None:
    assert isinstance(Phone.parse(f"{area_code}987654321"), Refused)


@pytest.mark.parametrize(
    ("raw", "formatted", "masked"),
    [
        ("11987654321", "(11) 98765-4321", "(11) *****-**21"),
        ("1132345678", "(11) 3234-5678", "(11) ****-**78"),
        ("+16502530000", "+1 650-253-0000", "+1 ********00"),
        ("+351912345678", "+351 912 345 678", "+351 *******78"),
    ],
)
def test_a_phone_is_shown_as_brazilians_write_it(raw: str, formatted: str, masked: str) -> None:
    phone = Phone.parse(raw)
    assert isinstance(phone, Phone)
    assert (phone.formatted, phone.masked) == (formatted, masked)


def test_a_foreign_phone_is_kept_and_marked() -> None:
    phone = Phone.parse("+351 912 345 678")
    assert isinstance(phone, Phone)
    assert (phone.is_foreign, phone.country, phone.is_mobile) == (True, "PT", True)
    assert (phone.national, phone.ddd, phone.subscriber) == (None, None, None)


def test_a_number_of_every_country_is_read() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS - {"BR"}:
        example = phonenumbers.example_number(region)
        assert example is not None
        value = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        phone = Phone.parse(value)
        assert isinstance(phone, Phone), region
        assert (phone.value, phone.is_foreign) == (value, True)
        assert Phone.parse(phone.formatted) == phone
        assert phone.value not in phone.masked.replace(" ", "")
