from typing import Any

from django.core.management.base import BaseCommand, CommandError

from c2s_enrich.rekeying import rekey


class Command(BaseCommand):
    help = "After a change of SECRET_KEY, bring what stands under a former key under the new one; may be repeated."

    def handle(self, *_args: Any, **_options: Any) -> None:
        told = rekey()
        for table, done in told.items():
            self.stdout.write(f"{table:<16} {done.moved:>9} brought over {done.left:>9} left behind")
        if left := sum(done.left for done in told.values()):
            raise CommandError(f"{left} rows cannot be read with any valid key: see docs/security.md.")
        self.stdout.write("Nothing stands under a former key any more: SECRET_KEY_FALLBACKS may be emptied.")
