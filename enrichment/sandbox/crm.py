from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from itertools import count
from threading import Lock
from typing import Any, TypedDict

Lead = dict[str, Any]
LOCAL = timezone(timedelta(hours=-3))
LONGEST_MESSAGE = 5000


class Message(TypedDict):
    id: int
    lead_id: str
    created_at: str
    body: str


def stamp(moment: datetime | None = None) -> str:
    return (moment or datetime.now(LOCAL)).astimezone(LOCAL).isoformat(timespec="milliseconds")


def lead_id_of(number: int) -> str:
    return blake2b(f"lead {number}".encode(), digest_size=16).hexdigest()


class Crm:
    """Leads and their conversations. A stored lead is never changed in place, so readers need no lock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._leads: dict[str, Lead] = {}
            self._messages: list[Message] = []
            self._numbers = count(1)
            self.hooks: dict[str, str] = {}
            self.created_as = "data.id"
            self.message_max_length = LONGEST_MESSAGE

    def new_id(self, *, numeric: bool = False) -> str:
        with self._lock:
            number = next(self._numbers)
        return str(770_000 + number) if numeric else lead_id_of(number)

    def put(self, lead_id: str, attributes: Mapping[str, Any]) -> Lead:
        with self._lock:
            internal_id = 918_273 + len(self._leads)
            lead = {"id": lead_id, "type": "lead", "internal_id": internal_id, "attributes": dict(attributes)}
            self._leads[lead_id] = lead
        return lead

    def get(self, lead_id: str) -> Lead | None:
        return self._leads.get(lead_id)

    def leads(self) -> list[Lead]:
        with self._lock:
            return list(self._leads.values())

    def say(self, lead_id: str, text: str) -> Message | None:
        with self._lock:
            lead = self._leads.get(lead_id)
            if lead is None:
                return None
            said = Message(
                id=len(self._messages) + 1,
                lead_id=lead_id,
                created_at=stamp(),
                body=text[: self.message_max_length],
            )
            self._messages.append(said)
            self._leads[lead_id] = _with_message(lead, said)
        return said

    def messages(self, lead_id: str | None = None) -> list[Message]:
        with self._lock:
            return [said for said in self._messages if lead_id in (None, said["lead_id"])]


def _with_message(lead: Lead, said: Message) -> Lead:
    attributes = lead["attributes"]
    entry = {"created_at": said["created_at"], "sender": "seller", "message": said["body"]}
    changed = {"updated_at": said["created_at"], "messages": [*attributes.get("messages", ()), entry]}
    return {**lead, "attributes": {**attributes, **changed}}
