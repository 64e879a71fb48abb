"""Who is asked about: people on file, drawn from all over the database and always the same ones."""

from typing import Any

import psycopg

from parties.identifiers import Phone

_PHONES = """
select c.value from party_contacts c join parties p on p.id = c.party_id
where p.enriched and c.contact_type = 'whatsapp' order by md5(c.id::text) limit %s
"""
_IDS = """
select id::text from parties where kind = 'person' and enriched order by md5(id::text) limit %s
"""
_NAMES = """
select split_part(name, ' ', 1) || ' ' || split_part(name, ' ', -1)
from parties where kind = 'person' order by md5(id::text) limit %s
"""


def known_phones(url: str, count: int) -> list[Phone]:
    return [Phone(value, "BR") for value in _asked(url, _PHONES, count)]


def known_ids(url: str, count: int) -> list[str]:
    return _asked(url, _IDS, count)


def known_names(url: str, count: int) -> list[str]:
    """As leads give them: the first word and the last."""
    return _asked(url, _NAMES, count)


def _asked(url: str, query: Any, count: int) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(query, [count])]
