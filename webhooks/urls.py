from django.urls import re_path

from webhooks.views import C2SWebhook, GoogleAdsWebhook

# a secret in the path has become a header before these are looked at
urlpatterns = [
    re_path(r"^webhooks/c2s/?$", C2SWebhook.as_view(), name="c2s-webhook"),
    re_path(r"^webhooks/google-ads/?$", GoogleAdsWebhook.as_view(), name="google-ads-webhook"),
]
