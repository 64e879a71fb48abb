from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from c2s_enrich.models import ApiKey, Scope, api_key_make, api_key_revoke


class Command(BaseCommand):
    help = "Make, list and revoke API keys. A key is shown once, when it is made."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        create = deeds.add_parser("create", help="make a key and show it once")
        create.add_argument("name")
        create.add_argument("--scopes", nargs="+", choices=Scope.values, default=[Scope.LOOKUP.value])
        create.add_argument("--rate", type=int, default=10, help="requests a second, 0 for no limit")
        deeds.add_parser("list", help="what keys there are")
        revoke = deeds.add_parser("revoke", help="stop a key for good")
        revoke.add_argument("prefix", help="how the key begins, as `list` shows it")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        {"create": self._create, "list": self._list, "revoke": self._revoke}[deed](options)

    def _create(self, options: dict[str, Any]) -> None:
        _, key = api_key_make(name=options["name"], scopes=options["scopes"], rate_per_second=options["rate"])
        self.stdout.write(key)

    def _list(self, options: dict[str, Any]) -> None:
        for key in ApiKey.objects.all():
            state = "revoked" if key.revoked_at else "valid"
            self.stdout.write(f"{key.prefix}…  {state:8} {key.name}  [{' '.join(key.scopes)}]")

    def _revoke(self, options: dict[str, Any]) -> None:
        keys = list(ApiKey.objects.usable().filter(prefix=options["prefix"][:8]))
        if len(keys) != 1:
            raise CommandError(f"{len(keys)} valid keys begin with that: give the beginning that `list` shows.")
        api_key_revoke(key=keys[0])
        self.stdout.write(f"Revoked: {keys[0].name}")
