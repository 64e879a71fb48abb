from django.urls import re_path

from enrichment.api.views import LeadView, RunView

urlpatterns = [
    re_path(r"^leads/(?P<lead_id>[^/]+)/?$", LeadView.as_view(), name="lead"),
    re_path(r"^runs/(?P<run_id>[0-9a-f-]{36})/?$", RunView.as_view(), name="run"),
]
