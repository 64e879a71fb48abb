from django.urls import re_path

from webhooks.views import C2SWebhook

urlpatterns = [re_path(r"^webhooks/c2s(?:/(?P<secret>[^/]+))?/?$", C2SWebhook.as_view(), name="c2s-webhook")]
