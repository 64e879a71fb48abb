"""Google's lead form: which column says what, by its id or by the question's words, in Portuguese or English."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from enrichment.providers.reading import rows, text
from parties.identifiers import CPF, Phone, Refused
from parties.names import folded

MOST_QUESTIONS = 50
TRACKING = ("campaign_id", "form_id", "adgroup_id", "creative_id", "gcl_id")

BY_ID = {
    "FULL_NAME": "name",
    "FIRST_NAME": "first_name",
    "LAST_NAME": "last_name",
    "EMAIL": "email",
    "WORK_EMAIL": "email",
    "PHONE_NUMBER": "phone",
    "WORK_PHONE": "phone",
    "CITY": "city",
    "CPF": "cpf",
    "GOVERNMENT_ISSUED_ID_CPF_BR": "cpf",
}
_FILLERS = {
    "pt": "em|que|qual|como|o|a|e|seu|sua|do|da|de|cliente|lead|informe|digite",
    "en": "what|whats|which|s|is|the|your|enter",
}
_ASKING = rf"(?:(?:{_FILLERS['pt']}|{_FILLERS['en']}) )*"
_LIVING = r"(?: (?:(?:onde|em que|que) )?(?:voce )?(?:mora|reside))?"
# the whole question, for words as common as these occur in many others
BY_WORDS = {
    "first_name": re.compile(rf"{_ASKING}(?:primeiro nome|first name)"),
    "last_name": re.compile(rf"{_ASKING}(?:sobrenome|ultimo nome|last name|surname|family name)"),
    "name": re.compile(rf"{_ASKING}(?:nome(?: completo| e sobrenome)?|full name|name)"),
    "city": re.compile(rf"{_ASKING}(?:cidade|municipio|city|town){_LIVING}"),
}
_MENTIONS = {
    "cpf": re.compile(r"\bcpf\b"),
    "email": re.compile(r"\be ?mail\b|\bcorreio eletronico\b"),
    "phone": re.compile(r"\b(?:telefones?|celular|whats ?app|fone|phone|mobile|cell)\b"),
}


@dataclass(slots=True)
class LeadForm:
    """What somebody filled in."""

    name: str = ""
    email: str = ""
    phones: list[str] = field(default_factory=list)
    cpf: str = ""
    city: str = ""
    questions: list[tuple[str, str]] = field(default_factory=list)
    tracking: dict[str, str] = field(default_factory=dict)

    @property
    def details(self) -> dict[str, Any]:
        told = {"city": self.city, "questions": [list(asked) for asked in self.questions], **self.tracking}
        return {key: value for key, value in told.items() if value}


def form_read(body: dict[str, Any]) -> LeadForm:
    """Unknown columns are free questions and kept as they were asked."""
    said: dict[str, list[str]] = {}
    questions = []
    for column_id, words, value in _columns(body):
        meaning = BY_ID.get(column_id.upper()) or _meaning(words, value)
        if meaning and (meaning == "phone" or meaning not in said):
            said.setdefault(meaning, []).append(value)
        else:
            questions.append((words or column_id, value))
    parts = [said[part][0] for part in ("first_name", "last_name") if part in said]
    return LeadForm(
        name=_first(said, "name") or " ".join(parts),
        email=_first(said, "email"),
        phones=said.get("phone", []),
        cpf=_first(said, "cpf"),
        city=_first(said, "city"),
        questions=questions[:MOST_QUESTIONS],
        tracking={key: value for key in TRACKING if (value := text(body.get(key), 500))},
    )


def _columns(body: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for column in rows(body.get("user_column_data")):
        if value := text(column.get("string_value"), 500):
            yield text(column.get("column_id"), 100), text(column.get("column_name"), 300), value


def _meaning(words: str, value: str) -> str:
    """By the question's words, if the answer looks like one: who is asked when to phone does not tell a number."""
    asked = folded(words)
    for meaning, pattern in _MENTIONS.items():
        if pattern.search(asked) and _LOOKS_LIKE[meaning](value):
            return meaning
    return next((meaning for meaning, pattern in BY_WORDS.items() if pattern.fullmatch(asked)), "")


def _is_phone(value: str) -> bool:
    return not isinstance(Phone.parse(value), Refused)


def _is_cpf(value: str) -> bool:
    return not isinstance(CPF.parse(value), Refused)


_LOOKS_LIKE = {"cpf": _is_cpf, "email": lambda value: "@" in value, "phone": _is_phone}


def _first(said: dict[str, list[str]], meaning: str) -> str:
    return next(iter(said.get(meaning, [])), "")
