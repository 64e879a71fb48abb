"""The bill of materials, as CycloneDX wants it: what the lock file pins, with the hashes it is checked by."""

import re
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from c2s_enrich.version import VERSION

_PINNED = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,]+\])?==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def sbom(lock: Path) -> dict[str, Any]:
    """The same lock file gives the same document, so two builds can be compared."""
    text = lock.read_text()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, text)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "c2s-enrich", "version": VERSION}},
        "components": _components(text),
    }


def _components(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        if pinned := _PINNED.match(line):
            found.append(_component(**pinned.groupdict()))
        elif hashed := _HASH.search(line):
            found[-1].setdefault("hashes", []).append({"alg": "SHA-256", "content": hashed[1]})
    return found


def _component(*, name: str, version: str, marker: str | None) -> dict[str, Any]:
    address = f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{version}"
    component: dict[str, Any] = {"type": "library", "bom-ref": address, "name": name, "version": version}
    # pinned for some machines only
    conditional = {"scope": "optional", "properties": [{"name": "python:marker", "value": marker}]} if marker else {}
    return component | {"purl": address} | conditional
