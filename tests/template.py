"""The migrated database of which every process of the suite makes a copy of its own: made once, while they collect."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.addresses import at_database
from tests.nursery import ROOT

NAME = "template_of_the_tests"
# tells the processes to come
_MADE = "TEST_DATABASE_TEMPLATE"


class Template:
    def __init__(self, server: str, log: Path) -> None:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {NAME}")
        env = os.environ | {"DB_URL": at_database(server, NAME)}
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        self._log = log
        with log.open("w") as said:
            self._migrating = subprocess.Popen(command, env=env, cwd=ROOT, stdout=said, stderr=said)
        os.environ[_MADE] = NAME

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Before any process begins with its tests."""
        if self._migrating.wait():
            said = f"The database of the tests could not be migrated.\n{self._log.read_text()}"
            pytest.exit(said, pytest.ExitCode.INTERNAL_ERROR)

    def stop(self) -> None:
        self._migrating.kill()
        self._migrating.wait()


def template() -> str | None:
    return os.environ.get(_MADE)
