import json
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from c2s_enrich.models import ApiKey, Scope, api_key_make

ADMIN = "admin"
# more than anybody needs who tries things out, and less than whoever found the key would want
_A_SECOND = 100


class Command(BaseCommand):
    help = "On the first start: the staff user `admin` and one API key. One JSON line tells what was made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="bring the tables up to date first")

    def handle(self, *args: Any, migrate: bool = False, **options: Any) -> None:
        if migrate:
            call_command("migrate", interactive=False, verbosity=0)
        password, key = _admin_make(), _key_make()
        made = {"admin_password": password, "api_key": key, "first_start": password is not None}
        self.stdout.write(json.dumps(made))


def _admin_make() -> str | None:
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return None
    password: str = settings.BOOTSTRAP_ADMIN_PASSWORD or secrets.token_urlsafe(12)
    users.create_superuser(ADMIN, password=password)
    return password


def _key_make() -> str | None:
    if ApiKey.objects.exists():
        return None
    _, key = api_key_make(
        name="first key", scopes=Scope.values, key=settings.BOOTSTRAP_API_KEY, rate_per_second=_A_SECOND
    )
    return key
