import json
import logging
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from c2s_enrich.doctor.findings import Finding, as_report, examine, worst
from c2s_enrich.version import VERSION


class Command(BaseCommand):
    help = (
        "Look at everything the service needs; each line is well, or says what to do. Costs nothing, changes nothing."
    )
    # they are among what is looked at
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="for scripts; the exit status is 1 when anything failed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # log lines share the standard output, and the report is what was asked for
        logging.disable(logging.CRITICAL)
        try:
            found = self._examined(as_json=options["json"])
        except BrokenPipeError:  # `doctor | head`: the reader has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        finally:
            logging.disable(logging.NOTSET)
        # what is unknown is so because something else failed
        if worst(found) == "failed":
            sys.exit(1)

    def _examined(self, *, as_json: bool) -> list[Finding]:
        found = []
        for finding in examine():
            found.append(finding)
            if not as_json:
                self._tell(finding)
        if as_json:
            self.stdout.write(json.dumps(as_report(found, VERSION), indent=2, ensure_ascii=False))
        self.stdout.flush()
        return found

    def _tell(self, finding: Finding) -> None:
        styles = {"ok": self.style.SUCCESS, "warning": self.style.WARNING}
        style = styles.get(finding.state, self.style.ERROR)
        self.stdout.write(f"{style(f'{finding.state:8}')} {finding.about:13} {finding.says}")
        if finding.do:
            self.stdout.write(f"{'':22} → {finding.do}")
        self.stdout.flush()
