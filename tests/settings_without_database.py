"""The settings as they are, but no database: for a look at the models alone."""

from c2s_enrich.settings import *  # noqa: F403

DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}
