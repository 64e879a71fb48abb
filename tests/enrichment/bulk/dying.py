"""An import that is killed in the middle, by itself: `python -m tests.enrichment.bulk.dying FILE CHUNKS`."""

import os
import signal
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from enrichment.bulk import importing  # noqa: E402


def main() -> None:
    file, chunks = sys.argv[1], int(sys.argv[2])
    importing.AT_ONCE = 20
    whole, begun = importing._chunk_file, iter(range(chunks))

    def until_killed(*args: object) -> bool:
        went = whole(*args)  # type: ignore[arg-type]
        if next(begun, None) is None:
            # before this chunk's commit, as cruelly as can be
            os.kill(os.getpid(), signal.SIGKILL)
        return went

    importing._chunk_file = until_killed  # type: ignore[assignment]
    call_command("import_contacts", file)


main()
