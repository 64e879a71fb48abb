"""Does every lock install on every machine that the README promises? With wheels alone, and without installing.

python -m deploy.platforms      a table; fails where a package has no wheel, and names it
"""

import itertools
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROCESSORS = ("x86_64", "aarch64")
GLIBC = "manylinux_2_28"
UV = Path(sys.executable).with_name("uv")
_WITHOUT_A_WHEEL = re.compile(r"Because (\S+) has no (?:usable wheels|wheels with)")
_NO_REGISTRY = re.compile(r"Failed to fetch|error sending request|Network connectivity is disabled", re.IGNORECASE)


class NoRegistry(Exception):
    """Nobody was there to be asked."""


def main(arguments: Sequence[str] = ()) -> int:
    locks = [Path(argument) for argument in arguments] or sorted(ROOT.glob("requirements*.lock"))
    machines = list(itertools.product(PYTHONS, PROCESSORS))
    cases = [(lock, python, processor) for lock in locks for python, processor in machines]
    try:
        with ThreadPoolExecutor(4) as pool:
            found = dict(zip(cases, pool.map(lambda case: missing_in(*case), cases), strict=True))
    except NoRegistry:
        print("No package registry answers: whether the locks install on every machine was not checked.")
        return 0
    print(f"Wheels for {GLIBC}:")
    _print_table(locks, machines, {case: bool(missing) for case, missing in found.items()})
    for (lock, python, processor), missing in found.items():
        if missing:
            print(f"{lock.name}: {missing} has no wheel for Python {python} on {processor}.")
    return 1 if any(found.values()) else 0


def missing_in(lock: Path, python: str, processor: str) -> str:
    """The package that has no wheel, if any."""
    with tempfile.TemporaryDirectory() as nowhere:
        words = [str(UV), "pip", "install", "--dry-run", "--no-progress", "--no-deps", "--require-hashes"]
        machine = ["--python-version", python, "--python-platform", f"{processor}-{GLIBC}"]
        wheels = ["--only-binary", ":all:", "--target", nowhere, "-r", str(lock)]
        done = subprocess.run([*words, *machine, *wheels], capture_output=True, text=True, check=False, timeout=120)
    if not done.returncode:
        return ""
    if _NO_REGISTRY.search(done.stderr):
        raise NoRegistry
    found = _WITHOUT_A_WHEEL.search(" ".join(done.stderr.split()))
    return found[1] if found else "a package (uv says no more)"


def _print_table(locks: list[Path], machines: list[tuple[str, str]], fails: dict[tuple[Path, str, str], bool]) -> None:
    width = max(len(lock.name) for lock in locks)
    heads = [f"{python} {processor}" for python, processor in machines]
    print(f"{'':<{width}}  {'  '.join(heads)}")
    for lock in locks:
        marks = ["no" if fails[lock, *machine] else "yes" for machine in machines]
        cells = [mark.ljust(len(head)) for mark, head in zip(marks, heads, strict=True)]
        print(f"{lock.name:<{width}}  {'  '.join(cells)}".rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
