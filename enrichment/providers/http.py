"""The one door outwards: the only module that speaks HTTP."""

import json
import logging
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

from enrichment.providers.deadline import TimedResponse
from enrichment.providers.errors import TOO_SLOW, BadPayload, ProviderError, Rejected, Unavailable
from enrichment.providers.statuses import error_for_status

MAX_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024

# the library's warnings carry whole addresses, and with them tokens and people
for _name in ("urllib3.connectionpool", "urllib3.connection"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = field(repr=False)
    provider: str

    def json(self) -> Any:
        # raised outside of any handler: the decoder's own error carries the document, and with it people
        with suppress(ValueError, RecursionError):
            return json.loads(self.body)
        raise BadPayload(self.provider, "the answer is not JSON", status=self.status)


class _Plain(HTTPConnection):
    response_class = TimedResponse


class _Secure(HTTPSConnection):
    response_class = TimedResponse


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


@dataclass(frozen=True)
class Door:
    """A provider's pooled connections with their limits. One per process and provider; threads share it."""

    provider: str
    base_url: str
    connect_timeout: float
    read_timeout: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    pool_size: int = 64

    @cached_property
    def _adapter(self) -> HTTPAdapter:
        """Without a session: there are no cookies to keep, no redirects to follow, no proxy to look for."""
        return _Adapter(pool_connections=1, pool_maxsize=self.pool_size)

    @cached_property
    def _blank(self) -> requests.PreparedRequest:
        """What all requests have in common."""
        # a small answer cannot unfold into a huge one
        headers = {"Accept": "application/json", "User-Agent": "c2s-enrich", "Accept-Encoding": "identity"}
        blank = requests.PreparedRequest()
        # bytes: text would be sent as latin-1, and fail on anything else
        auth = self.auth and (self.auth[0].encode(), self.auth[1].encode())
        blank.prepare("GET", self.base_url, headers=headers | dict(self.headers), auth=auth)
        return blank

    def _request(self, method: str, path: str, params: Mapping[str, str] | None, body: Any) -> requests.PreparedRequest:
        request = self._blank.copy()
        request.method = method
        request.prepare_url(self.base_url + path, params)
        request.prepare_body(None, None, body)
        return request

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        normal: frozenset[int] = frozenset(),
        repeatable: bool = False,
    ) -> Answer:
        """One exchange. Statuses in `normal` are answers; every other failure is one of our errors.

        `repeatable`: free and without effect, so it is tried once more when the connection failed.
        """
        try:
            return self._once(method, path, params, body, normal)
        except Unavailable as error:
            if not repeatable or error.status is not None or error.what == TOO_SLOW:
                raise
        return self._once(method, path, params, body, normal)

    def reach(self) -> None:
        """As far as the handshake: nothing is asked, so nothing is paid."""
        at = urlsplit(self.base_url)
        try:
            port = at.port or {"https": 443}.get(at.scheme, 80)
            with socket.create_connection((at.hostname or "", port), self.connect_timeout) as plain:
                if at.scheme == "https":
                    trusted = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
                    trusted.wrap_socket(plain, server_hostname=at.hostname).close()
                return
        except (OSError, ValueError):
            pass
        raise Unavailable(self.provider, "no connection")

    def _once(
        self, method: str, path: str, params: Mapping[str, str] | None, body: Any, normal: frozenset[int]
    ) -> Answer:
        try:
            request = self._request(method, path, params, body)
            timeout = (self.connect_timeout, self.read_timeout)
            with self._adapter.send(request, stream=True, timeout=timeout) as response:
                return self._read(response, normal)
        except ProviderError:
            raise
        except (requests.RequestException, TransportError, OSError, ValueError) as error:
            failure = _transport_failure(self.provider, error)
        # not in the handler, where it would carry the library's error: its texts hold tokens and people
        raise failure

    def _read(self, response: requests.Response, normal: frozenset[int]) -> Answer:
        status = response.status_code
        if not 200 <= status < 300 and status not in normal:
            raise error_for_status(self.provider, status, response.headers.get("Retry-After"))
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise BadPayload(self.provider, "the answer is too long", status=status)
        return Answer(status, bytes(body), self.provider)


def _transport_failure(provider: str, error: Exception) -> ProviderError:
    if isinstance(error, ValueError):
        return Rejected(provider, "the request cannot be put together")
    cause: Any = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError) or _distrusted(cause):
        return Unavailable(provider, "no connection")
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError) or isinstance(cause, ReadTimeoutError):
        return Unavailable(provider, TOO_SLOW, maybe_done=True)
    return Unavailable(provider, "the connection broke off", maybe_done=True)


def _distrusted(cause: Any) -> bool:
    """A certificate refused during the handshake: nothing was sent."""
    return any(isinstance(arg, ssl.SSLCertVerificationError) for arg in getattr(cause, "args", ()))
