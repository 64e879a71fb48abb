from typing import Any

from django.core.management.base import BaseCommand

from enrichment.reconcile import reconcile


class Command(BaseCommand):
    help = "Take in leads whose webhook never came, now."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reconcile()} leads taken in.")
