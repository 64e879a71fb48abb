"""`manage.py`, or a module of the tests, in processes of their own, forked from one that imported beforehand what reads
no setting.

Half of what a start costs is the import of Django and the drivers, the same in each.
"""

import json
import os
import runpy
import subprocess
import sys
import tempfile
from atexit import register
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# what the settings import themselves, and libraries
BEFOREHAND = (
    *("django.core.management", "django_redis", "procrastinate", "requests"),
    *("c2s_enrich.admin_site", "c2s_enrich.env", "c2s_enrich.logs", "c2s_enrich.openapi_words", "c2s_enrich.pool"),
)


def run(words: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What stands behind `manage.py`; or `-m`, a module, and what it is told."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        files = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (output, errors)]
        nursery = _nursery()
        assert nursery.stdin
        assert nursery.stdout
        print(json.dumps([words, env, *files]), file=nursery.stdin, flush=True)
        status = int(nursery.stdout.readline())
        said = [(file.seek(0), file.read())[1] for file in (output, errors)]
    return subprocess.CompletedProcess(["manage.py", *words], status, *said)


@cache
def _nursery() -> subprocess.Popen[str]:
    """It ends when nobody holds the other end of its input any more."""
    nothing = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    command = [sys.executable, "-m", "tests.nursery"]
    process = subprocess.Popen(command, env=nothing, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    register(process.communicate)
    return process


def main() -> None:
    for name in BEFOREHAND:
        import_module(name)
    for line in sys.stdin:
        if not (child := os.fork()):
            _grow_up(*json.loads(line))
            break
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _grow_up(words: list[str], env: dict[str, str], output: str, errors: str) -> None:
    for number, path in enumerate((os.devnull, output, errors)):
        os.dup2(os.open(path, os.O_RDWR), number)
    os.environ.clear()
    os.environ.update(env)
    if words[0] == "-m":
        sys.argv[:] = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = ["manage.py", *words]
        runpy.run_path("manage.py", run_name="__main__")


if __name__ == "__main__":
    main()
