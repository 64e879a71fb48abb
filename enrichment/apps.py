from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
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
        from enrichment.analytics.making import views_make_after_migrating
        from enrichment.analytics.migrating import views_drop_before_migrating
        from enrichment.forgetting import forget_changed
        from enrichment.rekeying import answers_rekey
        from parties.changes import party_changed

        privacy.register()
        rekeys("discoveries", answers_rekey)
        party_changed.connect(forget_changed, dispatch_uid="enrichment.forget_changed")
        pre_migrate.connect(views_drop_before_migrating, sender=self, dispatch_uid="enrichment.views_drop")
        post_migrate.connect(views_make_after_migrating, sender=self, dispatch_uid="enrichment.views_make")
