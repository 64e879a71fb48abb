from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from enrichment.conservation import days, events_without_a_lead


class Command(BaseCommand):
    help = "Prove that received = delivered + ended otherwise + in flight, per day; fails on a difference."

    def handle(self, *args: Any, **options: Any) -> None:
        found, orphans = days(settings.TIME_ZONE), events_without_a_lead()
        self.stdout.write("day         received  delivered  ended  in flight  difference")
        for d in found:
            self.stdout.write(
                f"{d.day}  {d.received:8}  {d.delivered:9}  {d.ended:5}  {d.in_flight:9}  {d.difference:10}"
            )
        lost = sum(abs(d.difference) for d in found)
        if lost or orphans:
            raise CommandError(f"{lost} leads and {orphans} events are unaccounted for.")
        self.stdout.write("Nothing is lost.")
