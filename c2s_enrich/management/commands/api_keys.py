from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from c2s_enrich import sealed_cache
from c2s_enrich.models import ApiKey, Scope, api_key_limit, api_key_make, api_key_revoke

PATIENCE = 5.0


class Command(BaseCommand):
    help = "Make, list, limit and revoke API keys. A key is shown once, when it is made."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        create = deeds.add_parser("create", help="make a key and show it once")
        create.add_argument("name")
        create.add_argument("--scopes", nargs="+", choices=Scope.values, default=[Scope.LOOKUP.value])
        create.add_argument("--rate", type=int, default=10, help="requests a second, 0 for no limit")
        create.add_argument("--days", type=int, help="for how many days it is valid; without it, until revoked")
        deeds.add_parser("list", help="what keys there are")
        limit = deeds.add_parser("limit", help="change how often a key may ask")
        limit.add_argument("prefix", help="how the key begins, as `list` shows it")
        limit.add_argument("rate", type=int, help="requests a second, 0 for no limit")
        revoke = deeds.add_parser("revoke", help="stop a key for good")
        revoke.add_argument("prefix", help="how the key begins, as `list` shows it, or how it is called")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        deeds = {"create": self._create, "list": self._list, "limit": self._limit, "revoke": self._revoke}
        deeds[deed](options)

    def _create(self, options: dict[str, Any]) -> None:
        days = options["days"]
        expires_at = timezone.now() + timedelta(days=days) if days else None
        _, key = api_key_make(
            name=options["name"], scopes=options["scopes"], rate_per_second=options["rate"], expires_at=expires_at
        )
        self.stdout.write(key)

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        for key in ApiKey.objects.all():
            expired = key.expires_at and key.expires_at <= now
            state = "revoked" if key.revoked_at else "expired" if expired else "valid"
            self.stdout.write(f"{key.prefix}…  {state:8} {key.name}  [{' '.join(key.scopes)}]")

    def _limit(self, options: dict[str, Any]) -> None:
        key = _the_one(options["prefix"])
        api_key_limit(key=key, rate_per_second=options["rate"])
        _tell_everybody()
        self.stdout.write(f"Limited: {key.name}, {options['rate']} a second")

    def _revoke(self, options: dict[str, Any]) -> None:
        key = _the_one(options["prefix"])
        api_key_revoke(key=key)
        _tell_everybody()
        self.stdout.write(f"Revoked: {key.name}")


def _the_one(prefix: str) -> ApiKey:
    keys = list(ApiKey.objects.usable().filter(Q(prefix=prefix[:8]) | Q(name=prefix)))
    if len(keys) != 1:
        raise CommandError(f"{len(keys)} valid keys begin with that or are called so: give the beginning as in `list`.")
    return keys[0]


def _tell_everybody() -> None:
    if not sealed_cache.settle(PATIENCE):
        raise CommandError(
            "It is done, but Redis does not answer from here, so other processes were not told: restart them."
        )
