"""The service as gunicorn serves it, and beside it a view that only sends bytes: without any middleware, which is the
harder yardstick and the one that targets are held against, and below `/api/v1/` behind the layer that the API has."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import include, path

from c2s_enrich.wsgi import application as service

BARE = "bare.json"


def bare(request: HttpRequest) -> HttpResponse:
    body = _bytes()
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


def _bytes(kept: list[bytes] = []) -> bytes:  # noqa: B006  read once per process
    if not kept:
        kept.append(Path(settings.DATA_DIR, BARE).read_bytes())
    return kept[0]


urlpatterns = [path("bare", bare), path("api/v1/bare", bare), path("", include("c2s_enrich.urls"))]
settings.ROOT_URLCONF = "tests.bench.site"
with override_settings(MIDDLEWARE=[]):
    _bare_handler = WSGIHandler()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    handler = _bare_handler if environ["PATH_INFO"] == "/bare" else service
    return handler(environ, start_response)
