from typing import Any

from django.core.management.base import BaseCommand, CommandError

from enrichment.alerts.judging import channels
from enrichment.alerts.sending import deliver
from enrichment.alerts.words import said_of_a_test


class Command(BaseCommand):
    help = "Send a test to where alerts go, and say whether it arrived."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not channels():
            raise CommandError("Nobody is told: set ALERT_WEBHOOK_URL, or ALERT_EMAIL_TO and SMTP_URL.")
        failed = {channel: error for channel in channels() if (error := deliver(channel, said_of_a_test()))}
        for channel in channels():
            self.stdout.write(f"{channel}: {failed.get(channel, 'sent')}")
        if failed:
            raise CommandError("Not everybody can be told.")
