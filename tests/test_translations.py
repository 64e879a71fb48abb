"""Every text that staff read is there in Portuguese, and the compiled catalogue is that of the source."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
import unfold
from django.utils import translation
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[1]
PO = ROOT / "locale" / "pt_BR" / "LC_MESSAGES" / "django.po"
ROOMS = ("c2s_enrich", "enrichment", "parties", "webhooks")
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
IN_TEMPLATE = re.compile(r"\b(?:_|n?p?gettext)\((?=[uU]?['\"])")
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")

Entry = dict[str, str]


def read_po(text: str) -> list[Entry]:
    """The entries of a .po file, by keyword; `flags` holds their marks."""
    return [entry for block in text.split("\n\n") if (entry := _entry(block)).get("msgid")]


def _entry(block: str) -> Entry:
    entry, keyword = Entry(), ""
    for line in block.strip().splitlines():
        if line.startswith("#"):
            entry["flags"] = entry.get("flags", "") + line
            continue
        named, quoted = re.fullmatch(r'(\S*)\s*(".*")', line).groups()  # type: ignore[union-attr]
        keyword = named or keyword
        entry[keyword] = entry.get(keyword, "") + ast.literal_eval(quoted)
    return entry


def in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            constants = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            texts = [text for text in constants if isinstance(text, str)]
            yield from texts[1:2] if node.func.id.startswith("pgettext") else texts[:1]


def in_template(path: Path) -> Iterator[str]:
    source = templatize(path.read_text())
    for found in IN_TEMPLATE.finditer(source):
        yield _literal(source[found.end() :].lstrip("uU"))


def _literal(source: str) -> str:
    quoted = re.match(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", source, re.DOTALL)
    assert quoted, source[:80]
    return str(ast.literal_eval(quoted[0].replace("\n", "\\n")))


def wanted() -> set[str]:
    python = (text for room in ROOMS for path in (ROOT / room).rglob("*.py") for text in in_python(path))
    pages = [*(ROOT / "templates").rglob("*.html"), *(p for room in ROOMS for p in (ROOT / room).rglob("*.html"))]
    return {*python, *(text for path in pages for text in in_template(path))}


def wanted_by_the_theme() -> set[str]:
    """django-unfold speaks no Portuguese: what Django does not translate for it stands in our catalogue."""
    folder, django_folder = Path(unfold.__file__).parent, Path(django.__file__).parent
    code = [path for path in folder.rglob("*.py") if "contrib" not in path.relative_to(folder).parts]
    texts = {text for path in code for text in in_python(path)}
    texts |= {text for path in (folder / "templates").rglob("*.html") for text in in_template(path)}
    keys = (key for path in django_folder.rglob("pt_BR/LC_MESSAGES/django.mo") for key in compiled(path))
    by_django = {key[0] if isinstance(key, tuple) else key for key in keys}
    # a text over several lines is one of the search over everything, which is switched off
    return {text for text in texts - by_django if "\n" not in text}


def compiled(path: Path) -> dict[object, str]:
    with path.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    return {key: text for key, text in catalogue._catalog.items() if key}  # type: ignore[attr-defined]


ENTRIES = read_po(PO.read_text())


def translations(entry: Entry) -> list[str]:
    return [text for keyword, text in entry.items() if keyword.startswith("msgstr")]


def test_every_text_is_translated() -> None:
    missing = (wanted() | wanted_by_the_theme()) - {entry["msgid"] for entry in ENTRIES if all(translations(entry))}
    assert not missing, f"translate them in {PO.relative_to(ROOT)} and compile it by `manage.py compilemessages`"


def test_no_translation_outlives_its_text() -> None:
    assert not {entry["msgid"] for entry in ENTRIES} - wanted() - wanted_by_the_theme()


def test_no_translation_is_a_guess() -> None:
    assert [entry["msgid"] for entry in ENTRIES if "fuzzy" in entry.get("flags", "")] == []


@pytest.mark.parametrize("entry", [e for e in ENTRIES if PLACE.search(e["msgid"])], ids=lambda e: e["msgid"][:40])
def test_a_translation_has_the_same_places_to_fill_in(entry: Entry) -> None:
    most = set(PLACE.findall(entry.get("msgid_plural", entry["msgid"])))
    for text in translations(entry):
        assert set(PLACE.findall(text)) <= most
    assert set(PLACE.findall(translations(entry)[-1])) == most


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    expected = {e["msgid"]: e["msgstr"] for e in ENTRIES if "msgstr" in e}
    expected |= {(e["msgid"], n): e[f"msgstr[{n}]"] for e in ENTRIES if "msgid_plural" in e for n in (0, 1)}  # type: ignore[misc]
    assert compiled(PO.with_suffix(".mo")) == expected, "compile it by `manage.py compilemessages`"


def test_a_browser_that_asks_for_portuguese_reads_it() -> None:
    with translation.override("pt-br"):
        assert translation.gettext("Who is this lead?") == "Quem é este lead?"
