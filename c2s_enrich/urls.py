from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from c2s_enrich.health import health, ready
from c2s_enrich.metrics import MetricsView
from c2s_enrich.second_factor import second_factor


def _open_in_development(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    return staff_member_required(view) if settings.PRODUCTION else view


schema = _open_in_development(SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]))
docs = _open_in_development(
    SpectacularSwaggerSplitView.as_view(url_name="schema", authentication_classes=[], permission_classes=[])
)

urlpatterns: list[URLPattern | URLResolver] = [
    # first what is asked most
    path("api/v1/", include("enrichment.api.urls")),
    path("api/v1/", include("webhooks.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    re_path(r"^health/?$", health, name="health"),
    re_path(r"^ready/?$", ready, name="ready"),
    re_path(r"^metrics/?$", MetricsView.as_view(), name="metrics"),
    path("admin/second-factor/", second_factor, name="second_factor"),
    path("admin/", include("enrichment.admin.urls")),
    path("admin/", admin.site.urls),
    re_path(r"^api/schema/?$", schema, name="schema"),
    re_path(r"^api/docs/?$", docs, name="docs"),
]

handler400 = "c2s_enrich.errors.bad_request"
handler404 = "c2s_enrich.errors.not_found"
handler500 = "c2s_enrich.errors.server_error"
