from django.db import models
from django.utils.translation import gettext_lazy as _


class HourlyFigures(models.Model):
    """What came of the leads of one hour, added up beside the page that shows it: it may be read often."""

    hour = models.DateTimeField(_("hour"), primary_key=True)
    counted_at = models.DateTimeField(_("counted at"))
    leads = models.PositiveIntegerField(_("leads"), default=0)
    # {state of the latest run: {tier: how many}}
    outcomes = models.JSONField(_("outcomes"), default=dict)
    # {a length of time, see `rollup.seconds_of`: how many waited so long for their message}
    waits = models.JSONField(_("waits"), default=dict)
    discoveries_avoided = models.PositiveIntegerField(_("discoveries avoided"), default=0)
    profiles_avoided = models.PositiveIntegerField(_("profiles avoided"), default=0)

    class Meta:
        db_table = "hourly_figures"
        verbose_name = _("hourly figures")
        verbose_name_plural = _("hourly figures")
        permissions = [
            ("view_cache", _("Can see what the caches are worth")),
            ("drop_cache", _("Can drop what is cached")),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h"
