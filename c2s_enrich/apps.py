from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ProjectConfig(AppConfig):
    name = "c2s_enrich"
    verbose_name = _("Access")

    def ready(self) -> None:
        from c2s_enrich import (
            checks,  # noqa: F401  registers the system checks
            server_measures,  # noqa: F401  tells Prometheus of Redis and PostgreSQL
        )
        from c2s_enrich.doctor import connections, house  # noqa: F401  what the doctor looks at
        from c2s_enrich.privacy import own_part
        from c2s_enrich.roles import roles_make

        own_part.register()

        # once, after the last application's permissions were made
        *_others, last = apps.get_app_configs()
        post_migrate.connect(roles_make, sender=last, dispatch_uid="roles")
