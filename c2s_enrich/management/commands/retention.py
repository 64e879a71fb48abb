from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from c2s_enrich.privacy.retention import report, retention_do, rules


class Command(BaseCommand):
    help = "Let go of what is older than the RETENTION_ settings say; the worker does so every night."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        told = report() if dry_run else retention_do()
        for rule in rules():
            days = f"{rule.days} days" if rule.days else "for good"
            self.stdout.write(f"{rule.key:<24} {rule.setting:<22} {days:<10} {told.get(rule.key, 0):>9}")
        verb = "would go" if dry_run else "are gone"
        self.stdout.write(f"{sum(told.values())} rows {verb}.")
