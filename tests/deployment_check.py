"""python -m tests.deployment_check: Django's own look at the settings as production would have them."""

import sys

from tests.production import environment, manage


def main() -> int:
    """No database is touched: `check` asks one only when told to."""
    found = manage(
        "check", "--deploy", "--fail-level", "WARNING", env=environment(ERASURE_LOG="/var/lib/c2s-enrich/erasures.log")
    )
    sys.stdout.write(found.stdout)
    sys.stderr.write(found.stderr)
    return found.returncode


if __name__ == "__main__":
    sys.exit(main())
