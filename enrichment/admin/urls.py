"""Pages of the admin that belong to no model."""

from django.contrib import admin
from django.urls import path

from enrichment.admin.home import home_part

app_name = "desk"
urlpatterns = [path("home/figures/", admin.site.admin_view(home_part), name="figures")]
