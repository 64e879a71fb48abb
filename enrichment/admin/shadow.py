"""The page that staff look at before the switch: whom the predecessor told of, against whom we would have told of."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from c2s_enrich.back_office import desk_page
from enrichment.admin.insights import SpanForm
from enrichment.delivery import is_shadow
from enrichment.shadow import TROUBLING, Compared, Verdict, compared_between, days_of, sum_of

LONGEST, USUAL = timedelta(days=31), timedelta(days=6)
MOST_LISTED = 100


class ShadowSpanForm(SpanForm):
    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if "since" in found and "until" in found and found["until"] - found["since"] > LONGEST:
            raise forms.ValidationError(_("At most a month at once."))
        return found


@require_GET
def shadow_page(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    usual = {"since": today - USUAL, "until": today}
    form = ShadowSpanForm({name: request.GET.get(name) or day for name, day in usual.items()})
    span = form.cleaned_data if form.is_valid() else usual
    compared = list(compared_between(span["since"], span["until"]))
    days, apart = days_of(compared), [one for one in compared if one.verdict in TROUBLING]
    return desk_page(
        request, "admin/shadow.html", _("Shadow and predecessor"), form=form, is_shadow=is_shadow(), days=days,
        whole=sum_of(days), headings=[_("Composed"), _("Answered by the predecessor"), *Verdict.labels],
        apart=[_shown(one) for one in apart[:MOST_LISTED]], more=max(0, len(apart) - MOST_LISTED),
    )  # fmt: skip


def _shown(one: Compared) -> dict[str, Any]:
    ours, theirs = one.masked
    return {"lead": one.lead, "verdict": one.verdict.label, "ours": ours, "theirs": theirs}
