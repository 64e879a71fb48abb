from django.db import models
from django.utils.translation import gettext_lazy as _


class Watermark(models.Model):
    """How far a sweep has looked, and who is looking."""

    name = models.CharField(_("sweep"), max_length=30, primary_key=True)
    at = models.DateTimeField(_("looked up to"), null=True)
    last_began = models.DateTimeField(_("last began"), null=True)
    busy_until = models.DateTimeField(_("being swept until"), null=True)

    class Meta:
        db_table = "watermarks"
        verbose_name = _("sweep")
        verbose_name_plural = _("sweeps")

    def __str__(self) -> str:
        return self.name
