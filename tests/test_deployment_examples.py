"""The examples for Compose, Fly, systemd and Kubernetes set nothing that is no setting, and start what there is."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from deploy.dockerfile import instructions
from tests.c2s_enrich.test_settings import in_readme
from tests.production import MANDATORY, ROOT

UNITS = sorted((ROOT / "deploy").glob("*.service"))

EXAMPLES = ["compose.yaml", "fly.toml", "deploy/kubernetes.yaml", *(f"deploy/{unit.name}" for unit in UNITS)]


def of_compose() -> dict[str, set[str]]:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return {name: set(told["environment"]) for name, told in services.items() if told.get("image") == "c2s-enrich"}


def of_fly() -> dict[str, set[str]]:
    return {"fly": set(tomllib.loads((ROOT / "fly.toml").read_text())["env"])}


def of_systemd() -> dict[str, set[str]]:
    lines = {unit.name: re.findall(r"^Environment=(.*)$", unit.read_text(), re.MULTILINE) for unit in UNITS}
    return {name: {word.partition("=")[0] for line in told for word in line.split()} for name, told in lines.items()}


def kubernetes() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))


def containers() -> Iterator[dict[str, Any]]:
    for thing in kubernetes():
        yield from thing["spec"]["template"]["spec"]["containers"] if thing["kind"] in ("Deployment", "Job") else []


def of_kubernetes() -> dict[str, set[str]]:
    (config,) = (set(thing["data"]) for thing in kubernetes() if thing["kind"] == "ConfigMap")
    return {
        container["name"]: config | {entry["name"] for entry in container.get("env", [])} for container in containers()
    }


@pytest.mark.parametrize("example", [of_compose, of_fly, of_systemd, of_kubernetes])
def test_every_variable_is_in_the_table_of_settings(example: Any) -> None:
    found = example()
    assert found
    assert all(found.values()), found
    known = in_readme().keys()
    assert {name: told - known for name, told in found.items() if told - known} == {}
    assert all("APP_ENV" in told for told in found.values())


# not ours to set: of the shell, Python, pip and systemd, the password of compose's PostgreSQL, and what is built in
OF_OTHERS = {
    "PATH",
    "MAINPID",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "POSTGRES_PASSWORD",
    "POSTGRES_MAJOR",
    "TRACES",
}


@pytest.mark.parametrize("path", ["Dockerfile", *EXAMPLES])
def test_every_variable_that_a_line_reads_is_in_the_table_of_settings(path: str) -> None:
    read = set(re.findall(r"\$\{?([A-Z][A-Z0-9_]*)", (ROOT / path).read_text()))
    assert read - in_readme().keys() - OF_OTHERS == set()


def test_what_the_image_sets_and_compose_asks_for_is_told_in_the_readme() -> None:
    told = [line.pairs.keys() for line in instructions((ROOT / "Dockerfile").read_text()) if line.keyword == "ENV"]
    named = {name for pairs in told for name in pairs if not name.startswith("PIP_")}
    assert named - in_readme().keys() - OF_OTHERS == set()
    readme = (ROOT / "README.md").read_text()
    assert [name for name in ("POSTGRES_PASSWORD", "POSTGRES_MAJOR", "TRACES=1") if name not in readme] == []


@pytest.mark.parametrize("example", [of_fly, of_systemd, of_kubernetes])
def test_no_example_holds_what_is_secret(example: Any) -> None:
    """Those come from the platform's own store."""
    secret = set(MANDATORY) - {"ALLOWED_HOSTS"}
    assert {name: told & secret for name, told in example().items() if told & secret} == {}


@pytest.mark.parametrize("path", EXAMPLES)
def test_every_command_that_is_started_exists(path: str) -> None:
    text = (ROOT / path).read_text()
    started = set(re.findall(r"manage\.py[\"']?,? [\"']?([a-z_]+)", text))
    assert started
    assert started - get_commands().keys() == set()


@pytest.mark.parametrize("path", ["fly.toml", "deploy/c2s-enrich-web.service"])
def test_the_web_server_is_started_as_the_image_does(path: str) -> None:
    def options(text: str) -> set[str]:
        found = re.search(r"gunicorn c2s_enrich\.wsgi (.*)", text)
        assert found
        return set(re.findall(r"--[a-z-]+", found[1]))

    assert options((ROOT / path).read_text()) == options((ROOT / "Dockerfile").read_text())


def test_every_pod_is_nobody_with_no_power_and_a_network_of_its_own() -> None:
    pods = [thing["spec"]["template"] for thing in kubernetes() if thing["kind"] in ("Deployment", "Job")]
    assert len(pods) == 3
    for pod in pods:
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["spec"]["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
    (policy,) = (thing["spec"] for thing in kubernetes() if thing["kind"] == "NetworkPolicy")
    ours = policy["podSelector"]["matchLabels"].items()
    assert all(ours <= pod["metadata"]["labels"].items() for pod in pods)


def test_the_sandbox_of_compose_gets_none_of_our_secrets() -> None:
    sandbox = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["sandbox"]
    assert (sandbox["env_file"], set(sandbox["environment"])) == ([], {"APP_ENV"})
