from typing import Any

from django.core.management.base import BaseCommand

from enrichment.erase_again import erase_again


class Command(BaseCommand):
    help = "After a restore: forget again whom ERASURE_LOG names. `restore` does it by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        if again := erase_again():
            self.stdout.write(f"Forgotten again, for they were erased after the backup was made: {again}.")
