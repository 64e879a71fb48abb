import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from c2s_enrich import checks, env
from tests.production import MANDATORY, ROOT, SECRETS, environment, manage

READERS = {"str", "int", "bool", "float", "list", "decimal", "money", "secret", "mandatory"}
# read by what starts the service, not by the settings
NOT_READ_BY_DJANGO = {"PORT": "8081", "HOST": "127.0.0.1"}
# their defaults depend on the place or are made up, so the documents say it in words
IN_WORDS = {"SECRET_KEY", "DB_URL", "DATA_DIR", "STATIC_ROOT", "ERASURE_LOG"}


class Read:
    """One setting as the code reads it."""

    def __init__(self, call: ast.Call) -> None:
        assert isinstance(call.func, ast.Attribute)
        assert isinstance(call.args[0], ast.Constant)
        self.name = str(call.args[0].value)
        self.is_mandatory = call.func.attr in ("secret", "mandatory")
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        given = named.get("development" if self.is_mandatory else "default") or (call.args[1:] or [None])[0]
        self.default = "" if self.name in IN_WORDS else as_text(given)


def as_text(node: ast.expr | None) -> str:
    if node is None:
        return ""
    value = eval(compile(ast.Expression(node), "settings", "eval"))
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def calls() -> Iterator[ast.Call]:
    for path in ("c2s_enrich/settings.py", "c2s_enrich/env.py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
                owner = node.func.value
                named = isinstance(owner, ast.Name) and owner.id in ("env", "self")
                if named and node.args and isinstance(node.args[0], ast.Constant):
                    yield node


def settings_read() -> dict[str, Read]:
    """By name; where one is read twice, what makes it mandatory or gives it a default counts."""
    found: dict[str, Read] = {}
    for read in map(Read, calls()):
        kept = found.get(read.name)
        if kept is None or (read.is_mandatory, read.default) > (kept.is_mandatory, kept.default):
            found[read.name] = read
    return found


def in_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z][A-Z0-9_]*=", line))


def in_readme() -> dict[str, tuple[str, bool]]:
    """The default of each setting in the table, and whether production cannot do without."""
    rows = re.findall(r"^\| `([A-Z0-9_]+)`( \*)? \| (.*?) \| .+ \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    return {name: (default.strip("`"), bool(star)) for name, star, default in rows}


def test_every_setting_is_in_the_example_with_its_default_and_no_other() -> None:
    wanted = {name: read.default for name, read in settings_read().items()} | NOT_READ_BY_DJANGO
    assert {n: d for n, d in in_example().items() if n not in IN_WORDS} == {
        n: d for n, d in wanted.items() if n not in IN_WORDS
    }
    assert in_example().keys() == wanted.keys()


def test_the_readme_tells_the_same_as_the_example() -> None:
    shown = in_readme()
    assert shown.keys() == in_example().keys()
    assert {n: d for n, (d, _) in shown.items() if n not in IN_WORDS} == {
        n: d for n, d in in_example().items() if n not in IN_WORDS
    }


def test_the_readme_marks_what_production_cannot_do_without() -> None:
    assert {name for name, (_, starred) in in_readme().items() if starred} == set(MANDATORY)
    assert {name for name, read in settings_read().items() if read.is_mandatory} == set(MANDATORY)


def test_a_copied_example_changes_nothing() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_production_starts_with_what_is_mandatory() -> None:
    assert manage("check", env=environment()).returncode == 0


def test_production_names_all_that_is_missing_in_one_message() -> None:
    refused = manage("check", env=environment(without=list(MANDATORY)))
    assert refused.returncode != 0
    names = ", ".join(sorted(MANDATORY))
    assert f"APP_ENV=production needs these settings, and they are missing: {names}" in refused.stderr


def test_what_is_there_is_not_told_with_what_is_missing() -> None:
    refused = manage("check", env=environment(without=["WORK_API"], C2S_TOKEN=" "))
    assert "missing: C2S_TOKEN, WORK_API" in refused.stderr
    assert not [name for name in SECRETS if MANDATORY[name] in refused.stderr + refused.stdout]


def test_the_other_name_of_the_database_will_do() -> None:
    given = environment(without=["DB_URL"], DATABASE_URL=MANDATORY["DB_URL"], DB_URL="")
    assert manage("check", env=given).returncode == 0


def test_a_file_may_hold_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("made-up-from-a-file\n")
    given = environment(without=["C2S_TOKEN"], C2S_TOKEN_FILE=str(file))
    shown = manage("shell", "-v0", "-c", "from django.conf import settings; print([settings.C2S_TOKEN])", env=given)
    assert shown.stdout.strip() == "['made-up-from-a-file']"


def test_a_file_that_is_not_there_is_named_by_its_setting(tmp_path: Path) -> None:
    refused = manage("check", env=environment(C2S_TOKEN_FILE=str(tmp_path / "gone")))
    assert "C2S_TOKEN_FILE names a file that cannot be read: No such file or directory." in refused.stderr


def test_a_secret_is_taken_literally(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIRETRIX_PASS", "$HOME-is-where")
    assert env.Environment().secret("DIRETRIX_PASS") == "$HOME-is-where"


def test_an_empty_setting_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_CONCURRENCY", "")
    assert env.Environment().int("WORKER_CONCURRENCY", 20) == 20
    assert env.Environment().decimal("NOT_SET_ANYWHERE", "1.9") == Decimal("1.9")


@pytest.mark.parametrize(
    "name", ["WORKER_CONCURRENCY", "INCOME_MULTIPLIER", "NAME_MATCH_MIN", "WORK_API_BUDGET_DAY", "RETRY_LADDER"]
)
def test_a_number_that_is_none_is_named_and_not_repeated(name: str) -> None:
    refused = manage("check", env=environment(**{name: "put-here-by-mistake"}))
    assert refused.stderr.endswith(f"ImproperlyConfigured: {name} has a value that cannot be read as a number.\n")
    assert "by-mistake" not in refused.stderr


def test_an_unreadable_database_address_tells_nothing_of_its_password() -> None:
    refused = manage("check", env=environment(DB_URL="postgres://somebody:pa/ss-word:5@host:x/name"))
    assert "DB_URL cannot be read" in refused.stderr
    assert "ss-word" not in refused.stderr


def test_production_speaks_to_no_provider_in_clear() -> None:
    in_clear = {"DIRETRIX_BASE_URL": "http://diretrix.example.com"}
    refused = manage("check", env=environment(**in_clear))
    assert refused.returncode != 0
    assert "(c2s_enrich.E001) DIRETRIX_BASE_URL is not an https:// address" in refused.stderr
    assert manage("check", env=environment(**in_clear, ALLOW_HTTP_PROVIDERS="true")).returncode == 0


@pytest.mark.parametrize(
    ("setting", "value", "check", "found"),
    [
        ("ON_CONFLICT", "shout", checks.choices_are_known, "c2s_enrich.E002"),
        ("DELIVERY", "perhaps", checks.choices_are_known, "c2s_enrich.E002"),
        ("NAME_MATCH_MIN", 50.0, checks.the_name_threshold_is_a_share, "c2s_enrich.E003"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told_by_its_id(
    settings: Any, setting: str, value: Any, check: Any, found: str
) -> None:
    assert check() == []
    setattr(settings, setting, value)
    assert [message.id for message in check()] == [found]


@pytest.mark.parametrize("name", ["SECRET_KEY", "WEBHOOK_SECRET"])
def test_production_does_not_start_with_a_secret_that_is_found_by_trying(name: str) -> None:
    given = f"{MANDATORY[name]},short" if name == "WEBHOOK_SECRET" else "a-short-one"
    refused = manage("check", env=environment(**{name: given}))
    assert refused.returncode != 0
    assert f"(c2s_enrich.E011) {name} is shorter than" in refused.stderr
    assert given not in refused.stderr + refused.stdout
    assert manage("check", env=environment(APP_ENV="development", **{name: given})).returncode == 0


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [("ALLOWED_HOSTS", "*", "W002"), ("GOOGLE_ADS_WEBHOOK_KEY", "short", "W003"), ("ERASURE_LOG", "", "W001")],
)
def test_production_warns_of_what_is_careless(name: str, value: str, found: str) -> None:
    careful = environment(ERASURE_LOG="/var/lib/c2s-enrich/erasures.log")
    assert manage("check", env=careful).stderr == ""
    told = manage("check", env=careful | {name: value})
    assert told.returncode == 0
    assert f"(c2s_enrich.{found}) {name}" in told.stderr


def test_the_sandbox_does_not_run_in_production() -> None:
    refused = manage("sandbox", "--port", "0", env=environment())
    assert refused.returncode == 1
    assert refused.stderr.strip().endswith("under APP_ENV=production it does not run.")


def test_no_secret_has_a_default_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "production")
    reading = env.Environment()
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
        assert reading.secret(name, development="for development") == ""
    with pytest.raises(ImproperlyConfigured, match=", ".join(SECRETS)):
        reading.refuse_if_incomplete()
