import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from c2s_enrich.models import api_key_make
from parties.models import Kind, Party
from tests.production import ROOT
from tests.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)
# nobody listens there
NOWHERE = "postgres://c2s@127.0.0.1:9/nowhere"
ASKING = """
import django, json, pathlib; django.setup()
from django.test import Client
told = [Client().get(path, headers={{"X-API-Key": {key!r}}}).status_code for path in {paths!r}]
pathlib.Path({file!r}).write_text(json.dumps(told))
"""


def statuses(folder: Path, key: str, *paths: str) -> list[int]:
    """Answered by a process of its own whose replica is away."""
    env = os.environ | {"DB_URL": database_url(), "DB_REPLICA_URL": NOWHERE, "DB_POOL_WAIT": "1", "REDIS_URL": ""}
    env["DJANGO_SETTINGS_MODULE"] = "c2s_enrich.settings"
    code = ASKING.format(paths=list(paths), key=key, file=str(folder / "told"))
    ended = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    told: list[int] = json.loads((folder / "told").read_text())
    return told


def test_only_look_ups_that_pay_nobody_are_read_from_the_replica(tmp_path: Path) -> None:
    Party.objects.create(kind=Kind.PERSON, cpf_cnpj="52998224725", name="MARINA ALVES PRADO", enriched=True)
    key = api_key_make(name="tests", scopes=["lookup", "enrich"], rate_per_second=0)[1]
    customer = "/api/v1/contributor/customer?cpf=52998224725"
    told = statuses(tmp_path, key, f"{customer}&tiers=local", "/api/v1/parties?name=Marina", customer, "/api/v1/leads")
    assert told == [503, 503, 200, 200]


def test_without_a_replica_everything_is_read_where_it_is_written(client: Client) -> None:
    Party.objects.create(kind=Kind.PERSON, cpf_cnpj="52998224725", name="MARINA ALVES PRADO", enriched=True)
    key = api_key_make(name="tests", scopes=["lookup"], rate_per_second=0)[1]
    found = client.get("/api/v1/parties", {"name": "marina"}, headers={"X-API-Key": key}).json()
    assert [hit["name"] for hit in found["results"]] == ["MARINA ALVES PRADO"]
