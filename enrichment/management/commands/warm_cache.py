from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from enrichment.warming import cache_warm


class Command(BaseCommand):
    help = "Fill the cache from the database: the parties enriched last, or one party."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=1000, help="how many parties, enriched last first")
        parser.add_argument("--party", type=UUID, default=None, help="only this party")

    def handle(self, *args: Any, limit: int, party: UUID | None, **options: Any) -> None:
        self.stdout.write(f"{cache_warm(limit=limit, party_id=party)} identifiers are warm.")
