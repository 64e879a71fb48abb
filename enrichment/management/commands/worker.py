from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from enrichment.warming import cache_warm
from enrichment.worker import work


class Command(BaseCommand):
    help = "Take runs from the queue until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=settings.WORKER_CONCURRENCY)

    def handle(self, *args: Any, concurrency: int, **options: Any) -> None:
        if settings.WARM_CACHE_ON_START:
            cache_warm(limit=settings.WARM_CACHE_ON_START)
        work(concurrency=concurrency)
