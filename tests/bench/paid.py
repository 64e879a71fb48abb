"""7: what 100 webhooks pay for, when more than half are of somebody who came before, as it was recorded."""

from collections.abc import Iterator

from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Source, Trigger
from enrichment.providers.c2s.schemas import LeadCard
from tests.bench.frame import Figure, Goal, told
from tests.bench.house import House
from tests.end_to_end.workers import asked, email_of, phone_of

# 57.53 % of the webhooks were of a phone or an e-mail seen before: 43 people in 100 webhooks
WEBHOOKS, PEOPLE = 100, 43
_FIRST = 95_000


def figures(house: House) -> Iterator[Figure]:
    house.sandbox.configure({"reset": True})
    worker = house.workers.start(slots=20)
    for number in range(WEBHOOKS):
        _arrive(house, number)
    house.workers.wait_until_all_ended(180)
    house.workers.kill(worker)
    calls = asked(house.sandbox)
    paid, distinct = sum(calls.values()), len(calls)
    # a phone, an e-mail and a profile of each
    owed = 3 * PEOPLE
    goal = Goal("value", most=owed)
    name = f"paid calls of {WEBHOOKS} webhooks of {PEOPLE} people"
    yield told(Figure(name, paid, "calls", None, owed, paid / owed, str(goal), paid <= owed and paid == distinct))


def _arrive(house: House, number: int) -> None:
    """The same person again and again, some at once and some later, in another spelling each time."""
    person, lead_id = _FIRST + number * 17 % PEOPLE, f"paid-{number}"
    phone = phone_of(person)
    typed = (phone, f"+55{phone}", f"({phone[:2]}) {phone[2:]}")[number % 3]
    email = email_of(person)
    house.sandbox.add_lead(id=lead_id, name="", phone=phone, email=email)
    card = LeadCard(lead_id, phone=typed, email=email.upper() if number % 2 else email)
    leads_take_in(arrivals=[Arrival(card)], source=Source.C2S, trigger=Trigger.WEBHOOK)
