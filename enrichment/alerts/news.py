"""What happened to a lead and somebody should hear of: noted in the transaction in which it happens."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from enrichment.models import AlertKind, AlertNews
from parties.record import Record


def news_of_given_up(lead_ids: Iterable[UUID]) -> None:
    _note([AlertNews(kind=AlertKind.LEAD_GAVE_UP, lead_id=lead_id) for lead_id in lead_ids])


def news_of_high_value(lead_id: UUID, records: Iterable[Record]) -> None:
    """Once for each lead, however often it is looked at."""
    kind = AlertKind.HIGH_VALUE_LEAD
    if any(map(is_of_high_value, records)) and not AlertNews.objects.filter(kind=kind, lead=lead_id).exists():
        _note([AlertNews(kind=kind, lead_id=lead_id)])


def is_of_high_value(record: Record) -> bool:
    least, many = settings.HIGH_VALUE_INCOME, settings.HIGH_VALUE_PROPERTIES
    income = record.finances and (record.finances.income_adjusted or record.finances.income)
    return bool((least and income and income >= least) or (many and len(record.owned) >= many))


def _note(news: list[AlertNews]) -> None:
    AlertNews.objects.bulk_create(news, ignore_conflicts=True)
