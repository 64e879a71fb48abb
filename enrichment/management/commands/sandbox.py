import os
import signal
from argparse import ArgumentTypeError
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from enrichment.sandbox import Sandbox
from enrichment.sandbox.exchange import Refusal

Setting = tuple[str, Any]


class Command(BaseCommand):
    help = "Plays C2S, Diretrix and Work API over HTTP, with made-up people."
    # It needs neither database nor settings of ours, and starts beside a broken one.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
        options = (
            ("--latency", latency, "PROVIDER[.OPERATION]=MS or =LEAST-MOST"),
            ("--error-rate", error_rate, "PROVIDER[.OPERATION]=0..1"),
            ("--rate-limit", rate_limit, "PROVIDER[.OPERATION]=CALLS/SECONDS"),
            ("--outage", outage, "PROVIDER[.OPERATION]=refuse or =503"),
        )
        for flag, kind, text in options:
            parser.add_argument(
                flag, type=kind, action="append", default=[], dest="faults", metavar="SETTING", help=text
            )

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("APP_ENV") == "production":
            raise CommandError("The sandbox plays made-up people: under APP_ENV=production it does not run.")
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with self._sandbox(options) as sandbox:
            self.stdout.write(f"sandbox listening at {sandbox.base_url}")
            self.stdout.flush()
            stop.wait()

    def _sandbox(self, options: dict[str, Any]) -> Sandbox:
        try:
            sandbox = Sandbox(host=options["host"], port=options["port"])
        except (OSError, OverflowError) as error:
            raise CommandError(f"Cannot listen on {options['host']}:{options['port']}: {error}") from error
        try:
            for target, settings in options["faults"]:
                provider, _, operation = target.partition(".")
                sandbox.faults.set(provider, operation, **settings)
        except Refusal as refusal:
            sandbox.stop()
            raise CommandError(str(refusal)) from refusal
        return sandbox


def latency(text: str) -> Setting:
    target, value = _split(text)
    ends = [_number(end) for end in value.split("-")]
    return target, {"latency_ms": ends if len(ends) == 2 else ends[0]}


def error_rate(text: str) -> Setting:
    target, value = _split(text)
    return target, {"error_rate": _number(value)}


def rate_limit(text: str) -> Setting:
    target, value = _split(text)
    calls, _, seconds = value.partition("/")
    return target, {"rate_limit": {"calls": int(_number(calls)), "seconds": _number(seconds or "1")}}


def outage(text: str) -> Setting:
    target, value = _split(text)
    return target, {"outage": value}


def _split(text: str) -> tuple[str, str]:
    target, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError("expected PROVIDER=VALUE")
    return target, value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ArgumentTypeError("expected a number") from error
