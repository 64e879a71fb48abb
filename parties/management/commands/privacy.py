"""What people ask about their own data, answered from a terminal."""

from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_date

from c2s_enrich.privacy.access_file import as_json
from c2s_enrich.privacy.models import Looker
from c2s_enrich.typed import HELP, typed
from parties.admin.requests import file_told
from parties.editing.values import DocumentTaken, party_edit
from parties.identifiers import CPF, Email, Phone, Refused, phone_or_email
from parties.models import Company, DataRequest, Party, Person, RequestState, Wish
from parties.requests.deeds import (
    access_give,
    erasure_order,
    erasure_perform,
    release_perform,
    request_close,
    request_take,
)


class Command(BaseCommand):
    help = (
        "Access, correction, erasure, or release from the list of the forgotten, for the person with this CPF; each "
        "with who does it and why."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("wish", choices=[*Wish.values, "list"])
        parser.add_argument("--cpf", default="-", help=HELP)
        parser.add_argument(
            "--contact", action="append", default=[], help="a further phone or e-mail of theirs; `-` as with --cpf"
        )
        parser.add_argument("--by", default="", help="who answers")
        parser.add_argument("--why", default="", help="what was asked, and how we know who asks; no numbers")
        parser.add_argument("--asked", default="", help="the day on which it was asked: 2026-03-01")
        parser.add_argument("--html", action="store_true", help="access: a page instead of JSON")
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="correction: what is right"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["wish"] == "list":
            return self._list()
        if not options["by"] or not options["why"]:
            raise CommandError("Say who answers (--by) and why (--why).")
        options["cpf"] = typed(options["cpf"], "CPF")
        request = request_take(
            wish=Wish(options["wish"]),
            cpf=_cpf(options["cpf"]),
            contacts=[_contact(typed(text, "Phone or e-mail")) for text in options["contact"]],
            why=options["why"],
            by=options["by"],
            asked_at=_day(options["asked"]),
        )
        deeds = {
            Wish.ACCESS: self._access,
            Wish.CORRECTION: self._correction,
            Wish.ERASURE: self._erasure,
            Wish.RELEASE: self._release,
        }
        deeds[Wish(request.wish)](request, options)
        return None

    def _list(self) -> None:
        """What is waiting for an answer."""
        for request in DataRequest.objects.exclude(state__in=[RequestState.DONE, RequestState.REFUSED]):
            late = " OVERDUE" if request.is_overdue else ""
            self.stdout.write(f"{request.pk} {request.wish} {request.state} until {request.due_at:%Y-%m-%d}{late}")

    def _access(self, request: DataRequest, options: dict[str, Any]) -> None:
        parts = access_give(request=request, by=options["by"], kind=Looker.COMMAND)
        request_close(request=request, by=options["by"], note="access file made")
        page = render_to_string("parties/access_page.html", file_told(parts)) if options["html"] else as_json(parts)
        self.stdout.write(page)

    def _correction(self, request: DataRequest, options: dict[str, Any]) -> None:
        party = Party.objects.filter(cpf_cnpj=_cpf(options["cpf"]).value).first()
        if party is None or not options["set"]:
            request_close(request=request, by=options["by"], note="nothing to correct", refused=True)
            raise CommandError("Nobody with this CPF is on file, or nothing was given with --set.")
        values = dict(_value(text) for text in options["set"])
        try:
            party_edit(party_id=party.pk, values=values, by=options["by"])
        except DocumentTaken:
            raise CommandError("Another party has this document: merge the two in the admin.") from None
        request_close(request=request, by=options["by"], note=f"corrected: {', '.join(sorted(values))}")
        self.stdout.write(f"Corrected: {', '.join(sorted(values))}.")

    def _erasure(self, request: DataRequest, options: dict[str, Any]) -> None:
        erasure_order(request=request, by=options["by"])
        is_proven = erasure_perform(request.pk)
        outcome = DataRequest.objects.values_list("outcome", flat=True).get(pk=request.pk)
        for label, count in outcome["erased"].items():
            self.stdout.write(f"{label:<28} {count:>6}")
        found = outcome["search"]
        self.stdout.write(f"Searched {found['tables']} tables and {found['keys']} keys of the cache.")
        if not is_proven:
            raise CommandError(f"Not proven yet, the worker goes on: {found['left']}")
        self.stdout.write("Nothing is left of this person.")

    def _release(self, request: DataRequest, options: dict[str, Any]) -> None:
        released = release_perform(request=request, by=options["by"])
        self.stdout.write(f"{released} entries of the list of the forgotten ended.")


def _cpf(text: str) -> CPF:
    read = CPF.parse(text)
    if isinstance(read, Refused):
        raise CommandError("--cpf: no valid CPF.")
    return read


def _contact(text: str) -> Phone | Email:
    read = phone_or_email(text)
    if isinstance(read, Refused):
        raise CommandError("--contact: neither a phone nor an e-mail.")
    return read


def _day(text: str) -> datetime | None:
    day = parse_date(text) if text else None
    if text and day is None:
        raise CommandError("--asked: expected a date such as 2026-03-01.")
    return timezone.make_aware(datetime.combine(day, time(12))) if day else None


def _value(text: str) -> tuple[str, Any]:
    """`name=…` or any column of the person or the company."""
    name, sign, value = text.partition("=")
    model = next((m for m in (Party, Person, Company) if name in _open(m)), None)
    if not sign or model is None:
        raise CommandError(f"--set: `{name}` cannot be corrected.")
    column: Any = model._meta.get_field(name)
    return name, column.to_python(value) if value else ("" if not column.null else None)


def _open(model: Any) -> set[str]:
    """The columns that staff may correct."""
    if model is Party:
        return {"name"}
    return {column.name for column in model._meta.concrete_fields if not column.primary_key}
