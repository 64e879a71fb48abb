from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "c2s_enrich"
    verbose_name = "Access"

    def ready(self) -> None:
        from c2s_enrich import checks  # noqa: F401  registers the system checks
