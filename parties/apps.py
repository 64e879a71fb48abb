from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartiesConfig(AppConfig):
    name = "parties"
    verbose_name = _("People and companies")

    def ready(self) -> None:
        from parties import privacy
        from parties.changes import listen_to_models

        listen_to_models()
        privacy.register()
