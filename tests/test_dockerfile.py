"""`make try-image` carries out the Dockerfile's own lines: each must be one that it understands."""

import pytest

from deploy.dockerfile import KNOWN, NotUnderstood, context_files, filled, instructions, is_ignored, stages
from deploy.try_image import OFFICIAL, SETTINGS
from tests.production import MANDATORY, ROOT

TOLD = instructions((ROOT / "Dockerfile").read_text())


def test_every_line_of_the_dockerfile_is_understood() -> None:
    build, image = stages(TOLD)
    assert all(OFFICIAL.fullmatch(stage[0].image[0]) for stage in (build, image))
    assert build[0].image[1] == "build"
    assert {told.flags["from"] for told in image if told.keyword == "COPY"} == {"build"}
    assert {told.keyword for told in TOLD} == KNOWN
    by_keyword = {told.keyword: told for told in image}
    assert by_keyword["CMD"].words[:2] == ["sh", "-c"]
    assert filled(by_keyword["ENV"].pairs["PATH"], {"PATH": "/bin"}) == "/venv/bin:/bin"
    assert by_keyword["HEALTHCHECK"].rest.startswith('CMD ["python", "-c", ')
    [installing] = [told for told in build if " install --require-hashes" in told.rest]
    assert "${TRACES:+-r requirements-traces.lock}" in installing.rest
    assert "\\" not in installing.rest


@pytest.mark.parametrize(
    "line", ["ADD https://example.com/x /x", "COPY --chown=1 a b", "RUN --mount=type=cache", "run x"]
)
def test_what_would_be_done_otherwise_than_docker_does_is_refused(line: str) -> None:
    with pytest.raises(NotUnderstood):
        stages(instructions(line))


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("README.md", True),
        ("c2s_enrich/settings.py", False),
        ("c2s_enrich/embedded/launch.py", True),
        ("parties/__pycache__/x.pyc", True),
        ("tests/conftest.py", True),
        (".env", True),
    ],
)
def test_what_stays_out_of_the_image_is_read_from_dockerignore(path: str, ignored: bool) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert is_ignored(path, rules) is ignored


def test_whatever_a_copy_names_is_let_in_and_production_finds_its_settings() -> None:
    let_in = {path.as_posix() for path in context_files(ROOT)}
    named = {path for told in TOLD if told.keyword == "COPY" and not told.flags for path in told.paths[:-1]}
    assert named - {"."} <= let_in
    assert {"manage.py", "c2s_enrich/wsgi.py"} <= let_in
    assert SETTINGS.keys() | {"DB_URL"} == MANDATORY.keys()
