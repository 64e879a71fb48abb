from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Doors")

    def ready(self) -> None:
        from webhooks import (
            examined,  # noqa: F401  lets the doctor look at our side
            privacy,
        )

        privacy.register()
