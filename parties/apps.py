from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PartiesConfig(AppConfig):
    name = "parties"
    verbose_name = _("People and companies")

    def ready(self) -> None:
        from c2s_enrich.rekeying import rekeys
        from parties import privacy
        from parties.changes import listen_to_models
        from parties.requests.rekeying import requests_rekey

        listen_to_models()
        privacy.register()
        rekeys("data_requests", requests_rekey)
