"""A Dockerfile as a list of instructions: as much of the language as ours speaks, and a refusal for the rest."""

import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

KNOWN = frozenset({"FROM", "RUN", "COPY", "ENV", "ARG", "WORKDIR", "USER", "EXPOSE", "HEALTHCHECK", "CMD"})
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_FLAG = re.compile(r"--([a-z-]+)=(\S+)\s+")


class NotUnderstood(Exception):
    """A line that a run without Docker would do otherwise than Docker, or not at all."""


@dataclass(frozen=True)
class Instruction:
    keyword: str
    flags: dict[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """A command as JSON says it; as a shell would run it where it is no JSON."""
        if not self.rest.startswith("["):
            return ["/bin/sh", "-c", self.rest]
        words: list[str] = json.loads(self.rest)
        return words

    @property
    def pairs(self) -> dict[str, str]:
        """`NAME=value` of ENV and ARG; a value with a variable in it is not filled in yet."""
        return dict(pair.partition("=")[::2] for pair in shlex.split(self.rest))

    @property
    def paths(self) -> list[str]:
        return self.rest.split()

    @property
    def image(self) -> tuple[str, str]:
        """Of FROM: which one, and how the stage is called."""
        image, _, name = self.rest.partition(" AS ")
        return image, name


def instructions(text: str) -> list[Instruction]:
    return [_read(line) for line in _lines(text)]


def stages(told: Iterable[Instruction]) -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for instruction in told:
        if instruction.keyword == "FROM":
            found.append([])
        elif not found:
            raise NotUnderstood("an instruction before the first FROM")
        found[-1].append(instruction)
    return found


def filled(text: str, variables: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda name: variables.get(name[1] or name[2], ""), text)


def _lines(text: str) -> Iterator[str]:
    whole = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#") or not (line.strip() or whole):
            continue
        if line.endswith("\\"):
            whole += line[:-1]
            continue
        yield whole + line
        whole = ""
    if whole:
        raise NotUnderstood("the last line goes on after the end")


def _read(line: str) -> Instruction:
    keyword, _, rest = line.strip().partition(" ")
    if keyword not in KNOWN:
        raise NotUnderstood(line)
    flags, rest = {}, rest.strip()
    while found := _FLAG.match(rest):
        flags[found[1]], rest = found[2], rest[found.end() :]
    if rest.startswith("--") or (keyword == "COPY" and flags.keys() - {"from"}):
        raise NotUnderstood(line)
    return Instruction(keyword, flags, re.sub(r"\s{2,}", " ", rest) if keyword != "RUN" else rest)


def context_files(root: Path) -> Iterator[Path]:
    """What `COPY . .` copies: the last line of `.dockerignore` that fits a file or a folder above it decides."""
    lines = (root / ".dockerignore").read_text().splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for folder, below, files in os.walk(root):
        here = Path(folder).relative_to(root)
        # of a folder that stays out nothing is let in again; a virtual environment alone has thousands of files
        below[:] = sorted(name for name in below if not is_ignored((here / name).as_posix(), rules))
        yield from (here / name for name in sorted(files) if not is_ignored((here / name).as_posix(), rules))


def is_ignored(path: str, rules: Iterable[str]) -> bool:
    ignored = False
    at_all_depths = [str(parent) for parent in (PurePosixPath(path), *PurePosixPath(path).parents)][:-1]
    for rule in rules:
        pattern = rule.removeprefix("!")
        if any(_fits(place, pattern) for place in at_all_depths):
            ignored = not rule.startswith("!")
    return ignored


def _fits(path: str, pattern: str) -> bool:
    """As Docker reads it: a star stops at a slash, `**/` stands for any depth."""
    if pattern.startswith("**/"):
        return fnmatch(PurePosixPath(path).name, pattern.removeprefix("**/"))
    return path.count("/") == pattern.count("/") and fnmatch(path, pattern)
