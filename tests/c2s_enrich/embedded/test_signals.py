import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.c2s_enrich.embedded.processes import ROOT, eventually, is_alive

# A child that is deaf to SIGTERM and would keep its minute.
PARENT = """
import os, sys
from pathlib import Path
from c2s_enrich.embedded.child import Child
from c2s_enrich.embedded.supervisor import StopRequested, Supervisor
supervisor = Supervisor(lambda name, line: print(line, flush=True))
supervisor.catch_signals()
deaf = "import os,time,signal as s; s.signal(s.SIGTERM, lambda *_: print('no')); print(os.getpid()); time.sleep(600)"
env = {**os.environ, "PYTHONUNBUFFERED": "1"}
try:
    supervisor.start(Child("deaf", [sys.executable, "-c", deaf], env, Path("/"), stop_by=60))
    while True:
        supervisor.turn()
except StopRequested:
    supervisor.stop()
"""

UNDER_MAKE = """
import os, time
from c2s_enrich.embedded.make import stop_with_make
stop_with_make()
print(os.getpid(), flush=True)
time.sleep(60)
"""


def start() -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    return parent, int(parent.stdout.readline())


def test_a_second_signal_hurries_the_stop() -> None:
    parent, child = start()
    began = time.monotonic()
    parent.send_signal(signal.SIGINT)
    assert parent.stdout
    assert parent.stdout.readline() == "no\n"  # it has passed the first one on
    time.sleep(1.1)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(60) == 0
    assert time.monotonic() - began < 50
    assert not is_alive(child)
    parent.communicate()


def test_the_same_signal_twice_at_once_is_one() -> None:
    parent, child = start()
    parent.send_signal(signal.SIGTERM)
    parent.send_signal(signal.SIGTERM)
    time.sleep(1.5)
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)
    assert parent.wait(60) == 0
    parent.communicate()


def test_a_killed_make_takes_the_run_with_it(tmp_path: Path) -> None:
    program = tmp_path / "run.py"
    program.write_text(UNDER_MAKE)
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"run:\n\t@PYTHONPATH={ROOT} exec {sys.executable} {program}\n")
    # a make that knows of another one above it speaks of the folders it enters
    alone = {name: value for name, value in os.environ.items() if name not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")}
    make = subprocess.Popen(["make", "-f", str(makefile)], stdout=subprocess.PIPE, text=True, env=alone)
    assert make.stdout
    run = int(make.stdout.readline())
    make.kill()
    assert eventually(lambda: not is_alive(run))
    make.communicate()
