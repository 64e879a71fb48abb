from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from c2s_enrich.backup import BackupError, restore


class Command(BaseCommand):
    help = "Put what `backup` wrote into the database of DB_URL. Stop web and workers first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="let go of all that is there now")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            restore(file, replace=replace)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        # the file may be of an older release, and the views for analytics are not in it
        call_command("migrate", interactive=False, verbosity=0)
        call_command("erase_again", stdout=self.stdout)
        self.stdout.write("Restored, and brought up to this release.")
