from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from enrichment.providers.c2s import client as c2s
from enrichment.providers.errors import ProviderError
from webhooks.models import Door, WebhookEvent

ONE_ENDPOINT = (
    "C2S keeps one endpoint per token and action: whatever was subscribed with this token before is replaced, "
    "and hears nothing any more."
)


class Command(BaseCommand):
    help = "Register our webhooks with C2S, take them back, or see what comes in. Tells neither token nor secret."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        for deed, told in (
            ("subscribe", "let C2S send us every created, updated and closed lead"),
            ("unsubscribe", "let C2S send nothing any more"),
            ("status", "whether the token works, and when an event of each kind came last"),
        ):
            parsed = deeds.add_parser(deed, help=told)
            parsed.add_argument(
                "--base-url", required=deed == "subscribe", default="", help="where C2S reaches us: https://host"
            )

    def handle(self, *args: Any, deed: str, base_url: str, **options: Any) -> None:
        {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "status": self._status}[deed](base_url)

    def _subscribe(self, base_url: str) -> None:
        if not settings.WEBHOOK_SECRETS:
            raise CommandError("Set WEBHOOK_SECRET first: without it no event is let in.")
        address = _address(base_url)
        self.stdout.write(self.style.WARNING(ONE_ENDPOINT))
        secret = quote(settings.WEBHOOK_SECRETS[0], safe="")
        self._each(lambda action: c2s.subscribe(f"{address}/{secret}", action), "subscribed")
        self.stdout.write(f"They come to {address}/[secret]")

    def _unsubscribe(self, _base_url: str) -> None:
        self.stdout.write(self.style.WARNING("C2S keeps one endpoint per token and action: it is taken back for all."))
        self._each(c2s.unsubscribe, "unsubscribed")

    def _each(self, deed: Callable[[str], None], done: str) -> None:
        failed = 0
        for action in c2s.HOOK_ACTIONS:
            try:
                deed(action)
            except ProviderError as error:
                failed += 1
                self.stdout.write(self.style.ERROR(f"{action}: {error}"))
            else:
                self.stdout.write(f"{action}: {done}")
        if failed:
            raise CommandError(f"{failed} of {len(c2s.HOOK_ACTIONS)} failed; run it again.")

    def _status(self, base_url: str) -> None:
        try:
            self.stdout.write(f"The token works: it is of {c2s.company() or 'an account without a name'}.")
        except ProviderError as error:
            raise CommandError(f"The token does not work: {error}") from None
        self.stdout.write("C2S does not tell what is subscribed; what came in does:")
        events = WebhookEvent.objects.filter(door=Door.C2S, hook_action__in=c2s.HOOK_ACTIONS)
        latest = dict(events.values_list("hook_action").annotate(Max("received_at")))
        for action in c2s.HOOK_ACTIONS:
            at = latest.get(action)
            self.stdout.write(f"{action}: {f'last at {timezone.localtime(at):%Y-%m-%d %H:%M:%S}' if at else 'never'}")
        if base_url:
            self.stdout.write(f"`subscribe` would have them sent to {_address(base_url)}/[secret]")


def _address(base_url: str) -> str:
    parts = urlsplit(base_url)
    in_clear = parts.scheme == "http" and not settings.PRODUCTION
    if (
        not (parts.scheme == "https" or in_clear)
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise CommandError("--base-url must look like https://enrich.example.com: the secret travels in the address.")
    return base_url.rstrip("/") + reverse("c2s-webhook").rstrip("/")
