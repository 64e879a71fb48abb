"""What one thread meets at its first use, others meet too."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("c2s_enrich", "parties", "enrichment", "webhooks")
# a fork each, for one race need not be lost: without the converter one of two ends with a segmentation fault
_THREADS_AT_ONCE = """
import os, sys, threading
import django
django.setup()
from enrichment.providers.work_api.schemas import profile_stored
sys.setswitchinterval(1e-6)

def first_use():
    together = threading.Barrier(8)
    def use():
        together.wait()
        profile_stored({"DadosBasicos": {"nome": "Ana"}, "telefones": [{}], "enderecos": [{}]})
    threads = [threading.Thread(target=use) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

for _ in range(10):
    if not (child := os.fork()):
        first_use()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_threads_that_read_their_first_profile_at_once_live_on() -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings_without_database"}
    done = subprocess.run([sys.executable, "-c", _THREADS_AT_ONCE], env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_kind_is_looked_through_while_threads_are_about() -> None:
    """Only a module's own lines may do so: they run once, under the lock of its import."""
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "converting.py"]
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in paths
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and _looks_through(ast.unparse(node))
    ] == []


def _looks_through(call: str) -> bool:
    name, _, given = call.partition("(")
    return name in ("msgspec.convert", "msgspec.json.Decoder") or (name == "msgspec.json.decode" and "type=" in given)
