"""Whether a lock installs elsewhere, asked of a registry that is a folder."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from deploy import platforms

WHEEL = "made_up-1.0-py3-none-manylinux_2_28_x86_64.whl"
INFO = "made_up-1.0.dist-info"


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a package with one wheel, for one processor."""
    wheel = tmp_path / "registry" / WHEEL
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
        packed.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\n")
        packed.writestr(f"{INFO}/RECORD", "")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheel.parent))
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"made-up==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return lock


def test_a_package_without_a_wheel_is_named_with_the_machine(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert platforms.main([str(lock)]) == 1
    told = capsys.readouterr().out
    assert "requirements.lock: made-up==1.0 has no wheel for Python 3.13 on aarch64." in told
    assert "on x86_64" not in told
    assert platforms.missing_in(lock, "3.14", "x86_64") == ""


def test_without_a_registry_the_check_says_that_it_was_skipped(
    lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.delenv("UV_FIND_LINKS")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    assert platforms.main([str(lock)]) == 0
    assert capsys.readouterr().out.startswith("No package registry answers")
