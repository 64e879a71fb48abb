"""The bill of materials names all that is pinned, and nothing else."""

import json
from io import StringIO

from django.core.management import call_command

from c2s_enrich.sbom import sbom
from tests.production import ROOT

LOCK = ROOT / "requirements.lock"


def test_every_pinned_package_is_listed_with_its_hashes() -> None:
    components = sbom(LOCK)["components"]
    listed = {f"{c['name']}=={c['version']}" for c in components}
    pinned = {line.split()[0] for line in LOCK.read_text().splitlines() if line[:1].isalnum()}
    assert listed == pinned
    assert sum(len(c["hashes"]) for c in components) == LOCK.read_text().count("--hash=sha256:")
    assert len({c["bom-ref"] for c in components}) == len(components)


def test_what_is_printed_is_what_is_pinned() -> None:
    out = StringIO()
    call_command("sbom", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told == sbom(LOCK)
