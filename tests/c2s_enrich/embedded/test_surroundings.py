import stat
from pathlib import Path

import environ
import pytest

from c2s_enrich.embedded import surroundings


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    first = surroundings.development_secrets(tmp_path, {})
    assert surroundings.development_secrets(tmp_path, {}) == first
    assert set(first) == set(surroundings.MADE_UP)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_the_environment_wins_over_what_was_made_up(tmp_path: Path) -> None:
    assert "SECRET_KEY" not in surroundings.development_secrets(tmp_path, {"SECRET_KEY": "mine"})


def test_production_makes_nothing_up(tmp_path: Path) -> None:
    production = {"APP_ENV": "production"}
    assert surroundings.development_secrets(tmp_path, production) == {}
    assert surroundings.sandboxed(production) == []


def test_the_sandbox_plays_only_the_providers_nobody_set() -> None:
    env = {"C2S_BASE_URL": "http://127.0.0.1:1", "DIRETRIX_USER": "me"}
    assert surroundings.sandbox_settings(env, 8082) == {
        "DIRETRIX_BASE_URL": "http://127.0.0.1:8082/diretrix",
        "WORK_API_BASE_URL": "http://127.0.0.1:8082/work",
        "DIRETRIX_PASS": "sandbox",
        "WORK_API": "sandbox",
    }


def test_another_terminal_reads_the_same_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"DB_URL": "postgres://c2s@:5432/x?host=/tmp/it's a%20b", "SECRET_KEY": 'a"b$c\\d'}
    path = surroundings.write_running_env(tmp_path, values | {"HOME": "not shared"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read: dict[str, str] = {}
    monkeypatch.setattr(environ.Env, "ENVIRON", read)
    environ.Env.read_env(path)
    assert read == values
