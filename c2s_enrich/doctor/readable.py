"""Settings that cannot be read end every command before it begins; the doctor says so in its own form."""

import json
import sys
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from c2s_enrich.doctor.findings import Finding, as_report
from c2s_enrich.version import VERSION


def refuse_unreadable_settings(words: Sequence[str]) -> None:
    try:
        settings.configured or settings.INSTALLED_APPS  # noqa: B018  the first look is what reads them
    except ImproperlyConfigured as error:
        said = str(error)
    else:
        return
    do = "Set what it names; .env.example has every setting."
    if "--json" in words:
        told = json.dumps(as_report([Finding("settings", "failed", said, do)], VERSION), indent=2)
    else:
        told = f"failed   settings      {said}\n{'':22} → {do}"
    sys.stdout.write(told + "\n")
    sys.exit(1)
