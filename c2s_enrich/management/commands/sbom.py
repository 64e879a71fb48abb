import json
from typing import Any

from django.core.management.base import BaseCommand

from c2s_enrich.env import BASE_DIR
from c2s_enrich.sbom import sbom


class Command(BaseCommand):
    help = "Print what this version is made of (CycloneDX JSON), as the lock file pins it."
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django wants it

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(json.dumps(sbom(BASE_DIR / "requirements.lock"), indent=2))
