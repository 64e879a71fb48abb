"""What must not stand in a command's arguments, which the list of processes shows to everybody."""

import sys
from getpass import getpass

HELP = "`-`, the default, asks for it, or takes the next line of the standard input"


def typed(given: str, what: str) -> str:
    if given != "-":
        return given
    return (getpass(f"{what}: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
