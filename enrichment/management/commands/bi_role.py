from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection
from psycopg import errors

from enrichment.analytics.making import NOT_MADE
from enrichment.analytics.readers import NotOurs, reader_make, reader_remove, readers

SHORTEST = 12
_NOT_ALLOWED = (
    "The database user may not make roles. Let its administrator allow it (alter role <user> createrole), "
    "or run this command with the administrator's DB_URL."
)


class Command(BaseCommand):
    help = "Make, list and remove roles of the database that may only read the views for analytics."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        make = deeds.add_parser("make", help="make a role, or give one a new password")
        make.add_argument("name")
        make.add_argument(
            "--people",
            action="store_true",
            help="names, documents, contacts and addresses too; without it, figures only",
        )
        deeds.add_parser("list", help="what roles there are, and what they see")
        remove = deeds.add_parser("remove", help="remove a role")
        remove.add_argument("name")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        deeds = {"make": self._make, "list": self._list, "remove": self._remove}
        try:
            deeds[deed](options)
        except NotOurs:
            raise CommandError("There is a role of that name that this command did not make.") from None
        except ProgrammingError as error:
            raise CommandError(_sentence(error)) from None

    def _make(self, options: dict[str, Any]) -> None:
        given = settings.BI_PASSWORD
        if given and len(given) < SHORTEST:
            raise CommandError(f"BI_PASSWORD has less than {SHORTEST} characters.")
        password = reader_make(options["name"], people=options["people"], password=given)
        told = connection.get_connection_params()
        self.stdout.write(f"Made. host={told.get('host', '')} dbname={told['dbname']} user={options['name']}")
        self.stdout.write("Its password is that of BI_PASSWORD." if given else f"Its password, shown once: {password}")

    def _list(self, _options: dict[str, Any]) -> None:
        for name, people in sorted(readers().items()):
            self.stdout.write(f"{name:20} {'people and figures' if people else 'figures'}")

    def _remove(self, options: dict[str, Any]) -> None:
        if not reader_remove(options["name"]):
            raise CommandError("There is no such role.")
        self.stdout.write("Removed.")


def _sentence(error: ProgrammingError) -> str:
    if isinstance(error.__cause__, errors.InsufficientPrivilege):
        return _NOT_ALLOWED
    if isinstance(error.__cause__, errors.InvalidSchemaName | errors.UndefinedTable):
        return f"There are no views for analytics. {NOT_MADE}"
    raise error
