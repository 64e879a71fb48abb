"""Try the Dockerfile without Docker: its own lines, carried out in a bare Debian made by debootstrap.

    make try-image      as root, with debootstrap installed; some minutes, and a gigabyte and a half of memory

The official Python image is mapped to the Debian of the same name with Debian's own python3, which for trixie is the
same 3.13. Packages come from where apt and pip of this machine get theirs. Everything happens in namespaces of its own
and in memory: when it ends, however it ends, processes, mounts and files are gone.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from c2s_enrich.embedded.services import start_services
from deploy.dockerfile import Instruction, context_files, filled, instructions, stages

ROOT = Path(__file__).resolve().parents[1]
OFFICIAL = re.compile(r"python:(\d+\.\d+)-slim-([a-z]+)")
MOST_MB = 3000
IN_ALL_MINUTES, ONE_STEP_SECONDS, START_SECONDS = 30, 900, 60
# production does not start without them; nobody is asked
SETTINGS = {
    "SECRET_KEY": "tried-and-thrown-away-" + "x" * 40,
    "ALLOWED_HOSTS": "localhost",
    "DIRETRIX_BASE_URL": "https://localhost",
    **dict.fromkeys(("WEBHOOK_SECRET", "C2S_TOKEN", "WORK_API", "DIRETRIX_USER", "DIRETRIX_PASS"), "unused"),
}
# what lets pip of the bare system reach what pip of this machine reaches
LENT = ("/etc/resolv.conf", "/etc/ssl/certs", "/etc/pip.conf")


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--base", type=Path, help="keep the bare Debian there, and take it from there")
    given.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = given.parse_args()
    if options.inside:
        signal.alarm(IN_ALL_MINUTES * 60)
        run("mount", "-t", "tmpfs", "-o", f"size={MOST_MB}m,mode=755", "try-image", str(options.inside))
        Trial(options.inside, options.base or options.inside / "base").run()
        return 0
    missing = [program for program in ("debootstrap", "unshare", "chroot") if not shutil.which(program)]
    if os.geteuid() or missing:
        print(f"This needs root and debootstrap{f'; missing: {missing}' if missing else ''}.", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="try-image-"))
    try:
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        words = [sys.executable, "-m", "deploy.try_image", "--inside", str(folder)]
        words += ["--base", str(options.base.resolve())] if options.base else []
        return subprocess.run([*apart, *words], cwd=ROOT, check=False).returncode
    finally:
        folder.rmdir()


@contextmanager
def step(says: str) -> Iterator[None]:
    print(f"{says[:110]} …", flush=True)
    began = time.monotonic()
    yield
    print(f"    {time.monotonic() - began:.1f} s", flush=True)


def run(*words: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=ONE_STEP_SECONDS, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words[:6])} … ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-3000:]}")


class Stage:
    """One FROM and what follows: a root file system, and what its lines set for those after them."""

    def __init__(self, root: Path, others: dict[str, "Stage"]) -> None:
        self.root, self.others = root, others
        self.env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.arguments: dict[str, str] = {}
        self.folder, self.user = "/", ""
        self.command: list[str] = []
        self.probe: list[str] = []

    def carry_out(self, told: Instruction) -> None:
        match told.keyword:
            case "RUN":
                self.shell(told.rest)
            case "COPY":
                self._copy(told)
            case "ENV":
                self.env |= {name: filled(value, self.env) for name, value in told.pairs.items()}
            case "ARG":
                self.arguments |= told.pairs
            case "WORKDIR":
                self.folder = told.rest
                self.inside(told.rest).mkdir(parents=True, exist_ok=True)
            case "USER":
                self.user = told.rest
            case "CMD":
                self.command = told.words
            case "HEALTHCHECK":
                self.probe = Instruction("CMD", {}, told.rest.removeprefix("CMD ")).words
            # FROM made this stage, and EXPOSE is a remark

    def inside(self, path: str) -> Path:
        return self.root / str(Path(self.folder, path)).lstrip("/")

    def shell(self, command: str) -> None:
        machine = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        run(*self.words(["/bin/sh", "-c", command]), env=machine | self.arguments | self.env)

    def words(self, command: list[str]) -> list[str]:
        """Where WORKDIR says, as whom USER says."""
        user = [f"--userspec={self.user}:{self._group()}"] if self.user else []
        return ["chroot", *user, str(self.root), "/bin/sh", "-c", 'cd "$0" && exec "$@"', self.folder, *command]

    def _group(self) -> str:
        lines = (self.root / "etc/passwd").read_text().splitlines()
        return next((line.split(":")[3] for line in lines if line.split(":")[2] == self.user), "0")

    def _copy(self, told: Instruction) -> None:
        *sources, target = told.paths
        to = self.inside(target)
        if "from" in told.flags:
            for source in sources:
                run("cp", "-a", "--reflink=auto", str(self.others[told.flags["from"]].inside(source)), str(to))
            return
        for path in context_files(ROOT):
            if "." in sources or path.as_posix() in sources:
                (to / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, to / path)


class Trial:
    def __init__(self, folder: Path, base: Path) -> None:
        self.folder, self.base = folder, base
        self.stages: dict[str, Stage] = {}

    def run(self) -> None:
        began = time.monotonic()
        image = self._built()
        size, bare = used(image.root), used(self.base)
        print(
            f"image: {size} MB, of which {size - bare} MB are ours; {time.monotonic() - began:.0f} s so far", flush=True
        )
        services = start_services(self.folder / "data", with_redis=False, durable=False)
        try:
            assert services.sockets
            assert services.db_url
            # the image's user is none of this machine's, and has no name here
            (self.folder / "data/postgres/pg_hba.conf").write_text("local all all trust\n")
            os.kill(services.children[0].pid, signal.SIGHUP)
            for path in (services.sockets, *services.sockets.iterdir()):
                path.chmod(0o777)
            bind(str(services.sockets), image.root)
            self._started(image, services.db_url)
        finally:
            services.stop()
        print(f"The image works. {time.monotonic() - began:.0f} s in all.", flush=True)

    def _built(self) -> Stage:
        told = stages(instructions((ROOT / "Dockerfile").read_text()))
        for number, (start, *rest) in enumerate(told):
            image, name = start.image
            self._make_base(image)
            stage = Stage(self.folder / f"stage{number}", self.stages)
            with step(f"{start.keyword} {start.rest}"):
                run("cp", "-a", "--reflink=auto", str(self.base), str(stage.root))
            self.stages[name or str(number)] = stage
            with lent(stage.root):
                for instruction in rest:
                    with step(f"{instruction.keyword} {instruction.rest}"):
                        stage.carry_out(instruction)
        return stage

    def _make_base(self, image: str) -> None:
        """Debian as apt of this machine knows it."""
        found = OFFICIAL.fullmatch(image)
        if not found:
            sys.exit(f"{image} cannot be mapped to a Debian.")
        version, suite = found.groups()
        if not self.base.exists():
            with step(f"debootstrap {suite}"):
                given = "--variant=minbase", "--include=python3,python3-venv,ca-certificates"
                run("debootstrap", *given, suite, str(self.base), mirror_of(suite))
            (self.base / "usr/bin/python").symlink_to("python3")
        if not (self.base / f"usr/bin/python{version}").exists():
            sys.exit(f"Debian {suite} has no Python {version}.")

    def _started(self, image: Stage, db_url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        env = image.env | SETTINGS | {"DB_URL": db_url, "PORT": str(port)}
        with lent(image.root):
            with step("python manage.py migrate"):
                run(*image.words(["python", "manage.py", "migrate", "--noinput", "--verbosity", "0"]), env=env)
            web = subprocess.Popen(image.words(image.command), env=env)
            worker = subprocess.Popen(image.words(["python", "manage.py", "worker"]), env=env)
            try:
                with step(f"CMD as user {image.user}: /health"):
                    wait_for(lambda: answer(port, "/health"))
                with step("HEALTHCHECK"):
                    run(*image.words(image.probe), env=env)
                with step("a worker beside it: /ready"):
                    wait_for(lambda: answer(port, "/ready"))
            finally:
                for process in (web, worker):
                    process.terminate()
                    process.wait(30)


def mirror_of(suite: str) -> str:
    """Where apt of this machine gets that Debian; it gets another one from the same place."""
    asked = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages", "Label: Debian"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split("\n")
    found = dict(line.split()[:2] for line in told if line)
    return found.get(suite) or next(iter(found.values()), "") or sys.exit("apt of this machine knows no Debian.")


def bind(path: str, root: Path) -> None:
    """The same thing at the same place in there."""
    place = root / path.lstrip("/")
    if Path(path).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    elif not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    run("mount", "--rbind", path, str(place))


@contextmanager
def lent(root: Path) -> Iterator[None]:
    """While a line is carried out: devices, processes, and the way out."""
    for path in ("/dev", "/proc", *filter(os.path.exists, LENT)):
        bind(os.path.realpath(path) if path == "/etc/resolv.conf" else path, root)
    yield
    for path in ("/dev", "/proc", *filter(os.path.exists, LENT)):
        run("umount", "--recursive", "--lazy", str(root / path.lstrip("/")))


def used(root: Path) -> int:
    told = subprocess.run(["du", "-smx", str(root)], capture_output=True, text=True, check=True).stdout
    return int(told.split()[0])


def answer(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=4) as told:
            return bool(told.status == 200)
    except OSError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"Not within {START_SECONDS} s.")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
