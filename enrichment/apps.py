from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrichmentConfig(AppConfig):
    name = "enrichment"
    verbose_name = _("Leads and enrichment")

    def ready(self) -> None:
        from c2s_enrich.rekeying import rekeys
        from enrichment import (
            examined,  # noqa: F401  lets the doctor look at our side
            measures,  # noqa: F401  tells Prometheus of our tables
            privacy,
        )
        from enrichment.forgetting import forget_changed
        from enrichment.rekeying import answers_rekey
        from parties.changes import party_changed

        privacy.register()
        rekeys("discoveries", answers_rekey)
        party_changed.connect(forget_changed, dispatch_uid="enrichment.forget_changed")
