from typing import Any

from django.core.management.base import BaseCommand

from c2s_enrich.env import BASE_DIR
from c2s_enrich.schema_doc import schema_doc


class Command(BaseCommand):
    help = "Write docs/schema.md anew from the models."

    def handle(self, *args: Any, **options: Any) -> None:
        (BASE_DIR / "docs" / "schema.md").write_text(schema_doc())
        self.stdout.write("docs/schema.md is written.")
