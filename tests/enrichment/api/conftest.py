"""Callers of the API, by what their key may do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from c2s_enrich import sealed_cache
from c2s_enrich.models import api_key_make

V1 = "/api/v1/"


class Caller:
    """Somebody with a key: paths are below `/api/v1/`, bodies are JSON."""

    def __init__(self, client: Client, scopes: list[str]) -> None:
        self._client = client
        self.key = api_key_make(name="tests", scopes=scopes, rate_per_second=0)[1]
        self._headers = {"X-API-Key": self.key}

    def get(self, path: str, **parameters: Any) -> Any:
        url = path if path.startswith("http") else V1 + path
        return self._client.get(url, parameters or None, headers=self._headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._client.post(V1 + path, body, content_type="application/json", headers=self._headers | headers)


Callers = Callable[..., Caller]


@pytest.fixture(autouse=True)
def _cache_in_use() -> None:
    """The first write ever starts the cache's generation, and with it the keys are read anew."""
    sealed_cache.set_many({("contact", "nobody@example.com"): b"null"}, ttl=60)


@pytest.fixture
def with_scopes(client: Client, db: None) -> Callers:
    return lambda *scopes: Caller(client, list(scopes))


@pytest.fixture
def viewer(with_scopes: Callers) -> Caller:
    """May look up, and sees documents and contacts masked."""
    return with_scopes("lookup")


@pytest.fixture
def agent(with_scopes: Callers) -> Caller:
    """May look up, in clear."""
    return with_scopes("lookup", "pii")


@pytest.fixture
def manager(with_scopes: Callers) -> Caller:
    """May also spend money."""
    return with_scopes("lookup", "enrich", "pii")
