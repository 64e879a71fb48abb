"""The order of things: look, start the services, prepare the database, start the rest, tell, watch."""

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import environ

from c2s_enrich.embedded import banner, django_steps, first_lead, preflight, surroundings
from c2s_enrich.embedded.banner import Printer
from c2s_enrich.embedded.child import Child
from c2s_enrich.embedded.django_steps import BASE_DIR
from c2s_enrich.embedded.loopback import ask
from c2s_enrich.embedded.make import stop_with_make
from c2s_enrich.embedded.privileges import hand_over
from c2s_enrich.embedded.refusal import Refused
from c2s_enrich.embedded.services import Services, start_services
from c2s_enrich.embedded.supervisor import StopRequested, Supervisor

READY_WITHIN = 180.0
PREDECESSOR_LEAVES_WITHIN = 30.0


def main() -> int:
    stop_with_make()
    printer = Printer.for_terminal()
    supervisor = Supervisor(printer)
    supervisor.catch_signals()
    try:
        if os.environ.get("APP_ENV") != "production":
            environ.Env.read_env(BASE_DIR / ".env")
        Launch(os.environ.copy(), supervisor).run()
    except StopRequested:
        return 0
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


class Launch:
    def __init__(self, env: Mapping[str, str], supervisor: Supervisor) -> None:
        self._given = env
        self._supervisor = supervisor
        self._port = preflight.port_number(env)
        self._addresses = preflight.web_addresses(env)
        self._data_dir = preflight.writable_folder(Path(env.get("DATA_DIR") or BASE_DIR / "var"))
        self._sandbox: int | None = None
        self._made_up: dict[str, str] = {}
        self._env: dict[str, str] = {}

    def run(self) -> None:
        with ExitStack() as undo:
            lock = undo.enter_context(preflight.alone_in(self._data_dir))
            self._look()
            undo.callback(hand_over, self._data_dir)
            services = self._start_services()
            undo.callback(services.tidy)
            undo.callback(self._supervisor.stop)
            undo.callback(lock.write_text, preflight.STOPPING)
            self._prepare(services, undo)
            self._tell()
            while True:
                self._supervisor.turn()

    def _look(self) -> None:
        patience = PREDECESSOR_LEAVES_WITHIN if preflight.was_killed(self._data_dir) else 0.0
        preflight.free_port(self._port, addresses=self._addresses, patience=patience)
        if url := preflight.external_database(self._given):
            preflight.reachable_database(url)

    def _start_services(self) -> Services:
        production = surroundings.is_production(self._given)
        services = start_services(
            self._data_dir,
            with_postgres=not production and not preflight.external_database(self._given),
            with_redis=not production and not preflight.given(self._given, "REDIS_URL"),
        )
        for child in services.children:
            self._supervisor.adopt(child)
        return services

    def _prepare(self, services: Services, undo: ExitStack) -> None:
        self._env = self._environment(services)
        running = surroundings.write_running_env(self._data_dir, self._env)
        undo.callback(running.unlink, missing_ok=True)
        static = django_steps.StaticFiles(self._data_dir, self._env)
        static.begin()
        if self._sandbox:
            self._supervisor.start(self._manage("sandbox", "--port", str(self._sandbox), stop_by=8.3))
        self._bootstrapped = django_steps.bootstrap(self._env, self._supervisor)
        self._supervisor.start(self._manage("worker", stop_by=8.0))
        static.finish(self._supervisor)
        self._supervisor.start(self._web())

    def _environment(self, services: Services) -> dict[str, str]:
        env = dict(self._given) | {"PORT": str(self._port), "DATA_DIR": str(self._data_dir)}
        # The settings prefer DB_URL, even an empty one.
        outside = self._given.get("DB_URL") or self._given.get("DATABASE_URL")
        found = {
            "DB_URL": services.db_url or outside,
            "REDIS_URL": services.redis_url,
            "PYTHONUNBUFFERED": "1",
        }
        env |= {name: value for name, value in found.items() if value}
        self._made_up = surroundings.development_secrets(self._data_dir, self._given)
        if surroundings.sandboxed(self._given):
            self._sandbox = preflight.port_near(self._port)
            env |= surroundings.sandbox_settings(self._given, self._sandbox)
        return env | self._made_up

    def _manage(self, *words: str, stop_by: float) -> Child:
        command = [sys.executable, str(BASE_DIR / "manage.py"), *words]
        # Killed with us: a worker that had to say goodbye to a dying database would outlive us for seconds.
        death = signal.SIGKILL
        return Child(words[0], command, self._env, BASE_DIR, stop_by=stop_by, death_signal=death)

    def _web(self) -> Child:
        threads = preflight.given(self._env, "WEB_THREADS") or "8"
        words = " ".join(f"--bind {address}:{self._port}" for address in self._addresses)
        words += f" --worker-class gthread --workers 2 --threads {threads}"
        words += " --preload --no-control-socket --graceful-timeout 2 --timeout 60 --log-level warning"
        command = [sys.executable, "-m", "gunicorn", "c2s_enrich.wsgi", *words.split()]
        return Child("web", command, self._env, BASE_DIR, stop_by=2.5)

    def _tell(self) -> None:
        if not self._supervisor.wait_for(self._is_ready, READY_WITHIN):
            status, _answer = self._ask_ready()
            said = f"it answers {status}" if status else "nobody answers"
            raise Refused(f"/ready is not green after {READY_WITHIN:.0f} s ({said}); the lines above say more.")
        access = banner.access(self._given, self._bootstrapped, self._made_up)
        event = first_lead.another_event(self._sandbox) if self._sandbox else None
        self._send_the_first_lead()
        print(banner.table(port=self._port, sandbox=self._sandbox, access=access, event=event), flush=True)

    def _is_ready(self) -> bool:
        return self._ask_ready()[0] == 200

    def _ask_ready(self) -> tuple[int, object]:
        return ask(self._port, "/ready", headers=self._host())

    def _host(self) -> dict[str, str]:
        first = self._env.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
        return {"Host": first} if first and first != "*" else {}

    def _send_the_first_lead(self) -> None:
        all_played = len(surroundings.sandboxed(self._given)) == len(surroundings.PROVIDERS)
        if not all_played or not self._sandbox or first_lead.was_sent(self._data_dir):
            return
        secret = preflight.given(self._env, "WEBHOOK_SECRET").split(",")[0]
        arrived = first_lead.send(
            self._data_dir,
            port=self._port,
            sandbox=self._sandbox,
            headers=self._host() | {"X-Webhook-Token": secret},
            wait_for=self._supervisor.wait_for,
        )
        if not arrived:
            print("The sample lead's message did not arrive; the next start sends it again.", file=sys.stderr)
