import sys
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from c2s_enrich.logs import redacted
from enrichment.story import lead_named
from webhooks.story import lead_story, moment_line


class Command(BaseCommand):
    help = "One lead's whole story in order, without anybody's data: events, runs, steps, calls, messages, staff."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lead", help="its id here, the id it came with, the CRM's, or that of a run")
        parser.add_argument(
            "--log", metavar="FILE", default="", help="its lines about the lead are told too; - is the input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lead = lead_named(options["lead"])
        if lead is None:
            raise CommandError("No lead here has this id.")
        with _opened(options["log"]) as log:
            told, undated = lead_story(lead, log)
        for moment in told:
            self.stdout.write(moment_line(moment, timezone.get_current_timezone()))
        if undated:
            self.stdout.write("\nin the log, by the hour alone:")
            self.stdout.writelines(f"{redacted(line)}\n" for line in undated)


def _opened(name: str) -> Any:
    if name in ("", "-"):
        return nullcontext(sys.stdin if name else ())
    try:
        return open(name, errors="replace")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from None
