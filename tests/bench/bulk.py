"""8: a hundred thousand contacts brought in from a file, beside a plain COPY of the same rows."""

import csv
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from enrichment.bulk.importing import import_go_on, import_look, import_make, import_start
from enrichment.models import Brings, BulkImport, BulkState
from enrichment.synthetic import reach
from tests.back_office import cpf_of
from tests.bench.frame import Figure, Goal, measured, told
from tests.bench.house import House

ROWS = 100_000
_HEAD = ("Nome", "CPF", "Telefone", "E-mail")
_YARDSTICK = "create temporary table yardstick (name text, document text, phone text, email text)"


def figures(house: House) -> Iterator[Figure]:
    file, count = house.folder / "bulk.csv", max(1000, int(ROWS * min(1.0, house.scale * 100)))
    made = list(_people(house, count))
    with file.open("w", newline="") as out:
        csv.writer(out, delimiter=";").writerows([_HEAD, *made])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took, again, plain = _brought_in(file), _brought_in(file), _copied(made)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    goal = Goal("value", most=60 * count / ROWS)
    met = goal.met_by(took)
    yield told(Figure(f"{count:,} contacts from a CSV", took, "s", None, plain, took / plain, str(goal), met))
    yield told(Figure("the same file again, changing nothing", again, "s", None, plain, again / plain))
    yield told(measured("memory that it took", [grown], "MB", Goal("value", most=200)))


def _people(house: House, count: int) -> Iterator[tuple[str, str, str, str]]:
    for n in range(count):
        number = 300_000_000 + n
        phone = reach.mobile(house.world, n)[1:]
        yield f"CLIENTE {_letters(n)} DE TESTE {_letters(n * 7)}", cpf_of(number), phone, f"cliente.b{n}@example.com"


def _letters(n: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in f"{n:06d}")


def _brought_in(file: Path) -> float:
    began = time.perf_counter()
    with file.open("rb") as opened:
        bulk = import_make(brings=Brings.CONTACTS, file_name=file.name, size=file.stat().st_size)
        bulk.is_local = True
        import_look(bulk, opened)
        import_start(bulk)
        import_go_on(bulk.pk, file=opened)
    assert BulkImport.objects.get(pk=bulk.pk).state == BulkState.DONE
    return time.perf_counter() - began


def _copied(rows: list[tuple[str, str, str, str]]) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_YARDSTICK)
        began = time.perf_counter()
        with cursor.copy("copy yardstick from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        return time.perf_counter() - began
