from django.db import models
from django.utils.translation import gettext_lazy as _


class Flight(models.Model):
    """Somebody is asking a provider about this identifier right now: others wait for the answer."""

    # a keyed hash: this table alone tells nobody's phone or e-mail
    identifier_hash = models.CharField(max_length=64, primary_key=True)
    run_id = models.UUIDField(null=True)
    lease_owner = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "flights"
        verbose_name = _("question under way")
        verbose_name_plural = _("questions under way")

    def __str__(self) -> str:
        return self.identifier_hash[:12]
