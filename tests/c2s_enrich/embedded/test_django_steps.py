import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from c2s_enrich.embedded import django_steps
from c2s_enrich.embedded.django_steps import StaticFiles
from c2s_enrich.embedded.refusal import Refused
from c2s_enrich.embedded.supervisor import Supervisor

STEPS = """
import json, os, pathlib, sys
step = sys.argv[1]
if step == "bootstrap":
    print("a line of somebody's log")
    print(json.dumps({"admin_password": "pass", "api_key": None, "first_start": True}))
elif step == "collectstatic":
    pathlib.Path(os.environ["DATA_DIR"], "static").mkdir(exist_ok=True)
    pathlib.Path(os.environ["DATA_DIR"], "collected").open("a").write("x")
elif step == "migrate":
    sys.exit("Traceback\\ndjango.core.exceptions.ImproperlyConfigured: these settings are missing: A, B")
else:
    sys.exit("something else")
"""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor(lambda name, line: None)
    yield supervisor
    supervisor.stop()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "manage.py").write_text(STEPS)
    monkeypatch.setattr(django_steps, "BASE_DIR", tmp_path)
    return tmp_path


def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "DATA_DIR": str(project)}


def test_bootstrap_answers_on_its_last_line(project: Path, supervisor: Supervisor) -> None:
    made = django_steps.bootstrap(environment(project), supervisor)
    assert made == django_steps.Bootstrapped("pass", None)


def test_what_the_settings_refuse_is_told_without_a_trace(project: Path, supervisor: Supervisor) -> None:
    with pytest.raises(Refused, match=r"^these settings are missing: A, B$"):
        django_steps.finish(django_steps.manage(environment(project), "migrate"), supervisor)


def test_another_failure_keeps_its_reasons(project: Path, supervisor: Supervisor) -> None:
    with pytest.raises(Refused, match=r"something else\n`manage.py check` failed"):
        django_steps.finish(django_steps.manage(environment(project), "check"), supervisor)


def test_static_files_are_collected_again_only_when_they_changed(project: Path, supervisor: Supervisor) -> None:
    def collect() -> int:
        static = StaticFiles(project, environment(project))
        static.begin()
        static.finish(supervisor)
        return len((project / "collected").read_text())

    assert [collect(), collect()] == [1, 1]
    (project / "requirements.lock").write_text("a newer admin")
    assert collect() == 2
