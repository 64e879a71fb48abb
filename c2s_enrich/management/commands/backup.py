from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from c2s_enrich.backup import BackupError, backup


class Command(BaseCommand):
    help = "Write the whole database into one file, while the service runs. People stand in it in clear."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            size = backup(file)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{file}: {size / 1_000_000:.1f} MB")
