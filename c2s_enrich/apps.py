import atexit
import gc
import logging

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ProjectConfig(AppConfig):
    name = "c2s_enrich"
    verbose_name = _("Access")

    def ready(self) -> None:
        from psycopg_pool import ConnectionPool

        from c2s_enrich import (
            checks,  # noqa: F401  registers the system checks
            server_measures,  # noqa: F401  tells Prometheus of Redis and PostgreSQL
        )
        from c2s_enrich.doctor import connections, house  # noqa: F401  what the doctor looks at
        from c2s_enrich.pool import look_at
        from c2s_enrich.privacy import own_part
        from c2s_enrich.roles import roles_make

        own_part.register()
        # what Django gives its pools, and leaves nobody to choose
        ConnectionPool.check_connection = staticmethod(look_at)  # type: ignore[assignment, method-assign]
        _watch()
        # else a process that ends looks for garbage in all it ever imported: a third of what its start took
        atexit.register(gc.freeze)

        # once, after the last application's permissions were made
        *_others, last = apps.get_app_configs()
        post_migrate.connect(roles_make, sender=last, dispatch_uid="roles")
        # manage.py and wsgi.py switched it off while everything was imported
        gc.freeze()
        gc.enable()


def _watch() -> None:
    """What costs something is loaded only where a setting asks for it."""
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from c2s_enrich import tracing

        tracing.begin()
    if settings.SENTRY_DSN:
        from c2s_enrich.error_reports import ErrorReports

        logging.getLogger().addHandler(ErrorReports(settings.SENTRY_DSN))
