"""Pages of the admin that belong to no model."""

from collections.abc import Callable

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from enrichment.admin import cache, insights, providers, shadow
from enrichment.admin.home import home_part
from enrichment.admin.palette import palette

app_name = "desk"


def _page(route: str, view: Callable[..., HttpResponseBase], name: str, permission: str) -> URLPattern:
    guarded = permission_required(permission, raise_exception=True)(view)
    return path(route, admin.site.admin_view(guarded), name=name)


urlpatterns = [
    # in place of the theme's own, which cannot remember what it finds, and would remember names
    path("search/", admin.site.admin_view(palette), name="palette"),
    path("home/figures/", admin.site.admin_view(home_part), name="figures"),
    _page("insights/", insights.insights_page, "insights", "enrichment.view_run"),
    _page("insights/<str:question>.<str:kind>", insights.insight_file, "insight_file", "enrichment.view_run"),
    _page("shadow/", shadow.shadow_page, "shadow", "enrichment.view_run"),
    _page("providers/", providers.providers_page, "providers", "enrichment.view_providergate"),
    _page("providers/part/", providers.providers_part, "providers_part", "enrichment.view_providergate"),
    _page(
        "providers/<str:provider>/switch/", providers.provider_switch_page, "provider_switch",
        "enrichment.change_providergate",
    ),
    _page("cache/", cache.cache_page, "cache", "enrichment.view_cache"),
    _page("cache/forget/", cache.forget_one, "forget_one", "enrichment.drop_cache"),
    _page("cache/forget/all/", cache.forget_all, "forget_all", "enrichment.drop_cache"),
    _page("cache/forget/party/<uuid:party_id>/", cache.forget_of_party, "forget_party", "enrichment.drop_cache"),
]  # fmt: skip
