"""`manage.py worker` on a machine whose clock is wrong by CLOCK_OFF seconds."""

import os
import sys
from datetime import UTC, datetime, timedelta

import django
import time_machine


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "c2s_enrich.settings")
    django.setup()
    from enrichment.worker import work

    off = timedelta(seconds=int(os.environ["CLOCK_OFF"]))
    time_machine.travel(datetime.now(UTC) + off, tick=True).start()
    work(concurrency=int(sys.argv[sys.argv.index("--concurrency") + 1]))


if __name__ == "__main__":
    main()
