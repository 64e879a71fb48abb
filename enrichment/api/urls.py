from django.urls import re_path

from enrichment.api.asked import UUID_IN_PATH
from enrichment.api.cache import CacheInvalidateView, CacheMetricsView
from enrichment.api.companies import CompanyView
from enrichment.api.customers import ContributorView, CustomerView, EnrichView, LookupView
from enrichment.api.leads import LeadView, MessagesView, RunView
from enrichment.api.modules import WorkModuleView
from enrichment.api.process import C2SEnrichView, LeadsWithIntakeView, ProcessView
from enrichment.api.search import PartiesView
from enrichment.api.validation import ValidateView

urlpatterns = [
    re_path(r"^contributor/customer/?$", ContributorView.as_view(), name="contributor-customer"),
    re_path(r"^lookup/?$", LookupView.as_view(), name="lookup"),
    re_path(r"^enrich/?$", EnrichView.as_view(), name="enrich"),
    re_path(rf"^customers/(?P<party_id>{UUID_IN_PATH})/?$", CustomerView.as_view(), name="customer"),
    re_path(r"^parties/?$", PartiesView.as_view(), name="parties"),
    # a formatted CNPJ has a slash in it
    re_path(r"^companies/(?P<cnpj>.+?)/?$", CompanyView.as_view(), name="company"),
    re_path(r"^contacts/validate/?$", ValidateView.as_view(), name="contacts-validate"),
    re_path(r"^work/modules/(?P<module>[^/]+)/?$", WorkModuleView.as_view(), name="work-module"),
    re_path(r"^leads/?$", LeadsWithIntakeView.as_view(), name="leads"),
    # before a lead of that name
    re_path(r"^leads/process/?$", ProcessView.as_view(), name="leads-process"),
    re_path(r"^c2s/enrich/(?P<lead_id>[^/]+)/?$", C2SEnrichView.as_view(), name="c2s-enrich"),
    re_path(r"^leads/(?P<lead_id>[^/]+)/?$", LeadView.as_view(), name="lead"),
    re_path(r"^leads/(?P<lead_id>[^/]+)/messages/?$", MessagesView.as_view(), name="lead-messages"),
    re_path(r"^cache/metrics/?$", CacheMetricsView.as_view(), name="cache-metrics"),
    re_path(r"^cache/invalidate/?$", CacheInvalidateView.as_view(), name="cache-invalidate"),
    re_path(rf"^runs/(?P<run_id>{UUID_IN_PATH})/?$", RunView.as_view(), name="run"),
]
