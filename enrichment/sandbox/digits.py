"""Digits of made-up people. A mobile and a CPF are two spellings of one number, each giving the other."""

import re

AREA_CODES = ("11", "21", "31", "41", "51", "61", "71", "81", "85", "19")
SPACE = 10**8
# Odd and not a multiple of five, so that multiplying is reversible modulo a power of ten.
FACTOR = 37_038_427
SHIFT = 20_417_631


def with_check_digits(nine: str) -> str:
    digits = [int(digit) for digit in nine]
    for _ in range(2):
        weighted = sum(digit * weight for digit, weight in zip(reversed(digits), range(2, 12), strict=False))
        digits.append(-weighted % 11 % 10)
    return "".join(map(str, digits))


def is_cpf(text: str) -> bool:
    plain = len(text) == 11 and text.isascii() and text.isdigit()
    return plain and len(set(text)) > 1 and with_check_digits(text[:9]) == text


def cpf_of_mobile(mobile: str) -> str:
    mixed = (int(mobile[3:]) * FACTOR + SHIFT) % SPACE
    return with_check_digits(f"{mixed:08d}{_area_digit(mobile[:2])}")


def mobile_of_cpf(cpf: str) -> str:
    """Exact for the ten AREA_CODES; for others only the last eight digits are the phone's own."""
    subscriber = (int(cpf[:8]) - SHIFT) * pow(FACTOR, -1, SPACE) % SPACE
    return f"{AREA_CODES[int(cpf[8])]}9{subscriber:08d}"


def national(text: str) -> str | None:
    """Ten or eleven digits, the ninth digit of old mobiles added; None for anything else."""
    digits = re.sub(r"\D", "", text)
    if len(digits) == 10 and digits[2] in "6789":
        digits = f"{digits[:2]}9{digits[2:]}"
    is_mobile = len(digits) == 11 and digits[2] == "9"
    if digits.startswith("0") or not (is_mobile or len(digits) == 10):
        return None
    return digits


def without_ninth_digit(mobile: str) -> str:
    return mobile[:2] + mobile[3:]


def _area_digit(area: str) -> int:
    return AREA_CODES.index(area) if area in AREA_CODES else int(area) % 10
