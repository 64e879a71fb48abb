import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from c2s_enrich.embedded import preflight
from c2s_enrich.embedded.refusal import Refused
from tests.c2s_enrich.embedded.processes import refused
from tests.free_port import free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path, taken_port: int) -> None:
    said = refused(DATA_DIR=tmp_path, PORT=str(taken_port))
    assert said == f"Port {taken_port} is taken: stop what uses it, or choose another one with PORT=…"


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    with pytest.raises(Refused, match="PORT must be a number"):
        preflight.port_number({"PORT": port})


@pytest.mark.parametrize("host", ["localhost", "my-machine", "::", "256.0.0.1"])
def test_a_host_that_is_no_address_is_told(host: str) -> None:
    with pytest.raises(Refused, match="HOST must be an address such as"):
        preflight.web_addresses({"HOST": host})


def test_a_host_that_is_another_machines_is_told(tmp_path: Path) -> None:
    said = refused(DATA_DIR=tmp_path, PORT=str(free_port()), HOST="192.0.2.1")
    assert said == "HOST must be an address of this machine, and 192.0.2.1 is none."


def test_the_web_is_on_loopback_until_host_opens_it() -> None:
    assert preflight.web_addresses({}) == ["127.0.0.1"]
    assert preflight.web_addresses({"HOST": "0.0.0.0"}) == ["0.0.0.0"]
    assert preflight.web_addresses({"HOST": "127.0.0.2"}) == ["127.0.0.1", "127.0.0.2"]


def test_a_data_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    in_its_place = tmp_path / "file"
    in_its_place.touch()
    said = refused(DATA_DIR=in_its_place / "var", PORT="1")
    assert said.startswith(f"The data folder {in_its_place / 'var'} cannot be written (Not a directory)")
    assert "\n" not in said


def test_a_database_out_of_reach_is_told_without_its_password(tmp_path: Path, taken_port: int) -> None:
    url = f"postgres://somebody:very-secret@127.0.0.1:{free_port()}/enrich"
    said = refused(DATA_DIR=tmp_path, PORT=str(free_port()), DB_URL=url)
    assert said.startswith("The database of DB_URL cannot be reached at 127.0.0.1:")
    assert said.endswith("nobody listens there.")
    assert "very-secret" not in said
    assert not (tmp_path / "postgres").exists()


def test_an_unreadable_database_address_is_told_without_its_password() -> None:
    with pytest.raises(Refused, match="an address that cannot be read") as caught:
        preflight.reachable_database("postgres://somebody:very-secret@host:port/enrich")
    assert "very-secret" not in str(caught.value)


def test_the_database_may_be_named_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgres://one\n")
    assert preflight.external_database({"DB_URL_FILE": str(file)}) == "postgres://one"


def test_a_second_launch_with_the_same_data_is_told_in_one_sentence(tmp_path: Path) -> None:
    with open(tmp_path / "launch.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        said = refused(DATA_DIR=tmp_path, PORT=str(free_port()))
    assert said == f"c2s-enrich runs already with {tmp_path}: stop it, or set DATA_DIR=…"


def test_a_socket_address_gives_the_driver_its_folder() -> None:
    wanted = {"host": "/tmp/a b", "port": "5432", "user": "c2s", "dbname": "x", "connect_timeout": "5"}
    assert preflight.connection_parameters("postgres://c2s@:5432/x?host=/tmp/a%20b") == wanted
    assert preflight.connection_parameters("psql://c2s@:5432//tmp/a%20b/x") == wanted


def test_the_sandbox_takes_the_next_port_or_any(taken_port: int) -> None:
    assert preflight.port_near(taken_port - 1) not in (taken_port, 0)


def test_a_busy_port_of_a_killed_predecessor_is_waited_for(taken_port: int) -> None:
    with pytest.raises(Refused, match="is taken"):
        preflight.free_port(taken_port, patience=0.3)


def test_only_what_was_killed_leaves_its_environment_behind(tmp_path: Path) -> None:
    assert not preflight.was_killed(tmp_path)
    (tmp_path / "running.env").touch()
    assert preflight.was_killed(tmp_path)
    assert os.listdir(tmp_path) == ["running.env"]
