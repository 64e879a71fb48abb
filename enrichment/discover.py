"""Step 3: ask who is behind the contacts of which too little is known, all at once."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import connection

from c2s_enrich.patience import written
from enrichment.flights import fly
from enrichment.forgotten import forgotten_among
from enrichment.memory import Entry, Namesake, discovered, discovery_note
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.errors import ProviderError
from enrichment.providers.exchange import give_back_connection
from enrichment.tiers import Answer
from enrichment.tool_results import tool_result_note
from parties.identifiers import CPF, Email, Identifier, Phone
from parties.names import similarity

K = TypeVar("K")
V = TypeVar("V")


def worth_asking(
    contacts: Iterable[Phone | Email], *, name: str, answers: Mapping[Identifier, Answer]
) -> list[Phone | Email]:
    """Contacts that nobody was asked about, unless somebody of the lead's name is known behind them."""
    return [c for c in contacts if can_be_asked(c) and not _is_settled(answers.get(c), name)]


def discover(
    contacts: Iterable[Phone | Email], *, since: datetime | None = None, patience: float | None = None
) -> dict[Phone | Email, Entry | ProviderError]:
    """The same as `ask_about`, but nobody is asked about those who asked to be forgotten."""
    asked = list(contacts)
    gone = forgotten_among(asked)
    answers = ask_about((c for c in asked if c.value not in gone), since=since, patience=patience)
    return answers | {contact: Entry(asked=True) for contact in asked if contact.value in gone}


def ask_about(
    contacts: Iterable[Phone | Email],
    *,
    since: datetime | None = None,
    lead_id: str = "",
    patience: float | None = None,
) -> dict[Phone | Email, Entry | ProviderError]:
    """Per contact the provider's whole answer, or why there is none; an answer older than `since` is not enough."""
    return at_once({contact: partial(_answer, contact, since, lead_id, patience) for contact in contacts})


def _answer(contact: Phone | Email, since: datetime | None, lead_id: str, patience: float | None) -> Entry:
    return fly(
        contact,
        known=lambda: _known(contact, since),
        ask=lambda: _asked(contact, lead_id),
        longest=diretrix.LONGEST,
        patience=patience,
    )


def _known(contact: Phone | Email, since: datetime | None) -> Entry | None:
    """What somebody else learnt while this one waited."""
    people = discovered([contact], since=since).get(contact.value)
    return None if people is None else Entry(people=people, asked=True)


def _asked(contact: Phone | Email, lead_id: str) -> Entry:
    """Written down the moment it came: whatever dies next, nobody pays for it again."""
    by_phone = isinstance(contact, Phone)
    found = diretrix.people_by_phone(contact) if isinstance(contact, Phone) else diretrix.people_by_email(contact)
    people = written(partial(_noted, contact, [Namesake(f.cpf, f.name) for f in found]))
    if lead_id:
        tool_result_note(lead_id, "diretrix_phone" if by_phone else "diretrix_email", people)
    return Entry(people=people, asked=True)


def _noted(contact: Phone | Email, people: list[Namesake]) -> list[Namesake]:
    """Without those who asked to be forgotten."""
    gone = forgotten_among(CPF(person.cpf) for person in people)
    kept = [person for person in people if person.cpf not in gone]
    discovery_note(contact, kept)
    return kept


def at_once(deeds: Mapping[K, Callable[[], V]]) -> dict[K, V | ProviderError]:
    """Do several slow things side by side: the last one here, each other in a thread with this one's context."""
    # in a transaction the threads would wait for what is locked here, and it for them
    here = list(deeds)[-1:] if not connection.in_atomic_block or len(deeds) == 1 else []
    with ThreadPoolExecutor(max(1, len(deeds)), thread_name_prefix="ask") as pool:
        started = {k: pool.submit(copy_context().run, _in_thread, deed) for k, deed in deeds.items() if k not in here}
        done = {key: _tried(deeds[key]) for key in here}
        if not all(future.done() for future in started.values()):
            give_back_connection()
        return {key: future.result() for key, future in started.items()} | done


def _in_thread(deed: Callable[[], V]) -> V | ProviderError:
    try:
        return _tried(deed)
    finally:
        connection.close()


def _tried(deed: Callable[[], V]) -> V | ProviderError:
    try:
        return deed()
    except ProviderError as error:
        return error


def can_be_asked(contact: Phone | Email) -> bool:
    """The provider knows Brazilian numbers only."""
    return isinstance(contact, Email) or not contact.is_foreign


def _is_settled(answer: Answer | None, name: str) -> bool:
    if answer is None:
        return False
    known = [record.name for record in answer.entry.records]
    return answer.entry.asked or any(not name or similarity(name, other) >= settings.NAME_MATCH_MIN for other in known)
