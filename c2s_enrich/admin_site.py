"""The admin's frame: its name, its colours and the way around it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _to(title: Any, icon: str, app: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may(f"{app}.view_{model}"),
    }


def _desk(title: Any, icon: str, page: str, permission: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"desk:{page}"), "permission": _may(permission)}


def _while_in_shadow(request: HttpRequest) -> bool:
    from django.conf import settings

    return settings.DELIVERY == "shadow" and request.user.has_perm("enrichment.view_run")


def _is_a_lead(request: HttpRequest) -> bool:
    """The review queue stands below the leads and has an entry of its own."""
    leads = reverse("admin:enrichment_lead_changelist")
    return request.path.startswith(leads) and request.path != reverse("admin:enrichment_lead_review")


def _group(title: Any, *items: dict[str, Any], separator: bool = True) -> dict[str, Any]:
    return {"title": title, "separator": separator, "items": items}


# Models without a page of their own, and where staff see their rows.
HIDDEN = {
    "admin.logentry": "the history of what staff did; read by administrators in the database",
    "auth.permission": "ticked on the pages of users and groups",
    "axes.accessattempt": "who is locked out; `manage.py axes_list_attempts` tells, `axes_reset` unlocks",
    "axes.accessattemptexpiration": "when a lock ends",
    "axes.accessfailurelog": "failed log-ins; read by administrators in the database",
    "axes.accesslog": "log-ins; read by administrators in the database",
    "c2s_enrich.suppressed": "keyed hashes; nothing to see for anybody",
    "contenttypes.contenttype": "Django's own book-keeping",
    "enrichment.alertnews": "on the list of alerts, as what was told",
    "enrichment.alertnotice": "on the list of alerts, as what was told",
    "enrichment.alertreading": "sums, kept for an hour",
    "enrichment.batchitem": "on the page of its batch",
    "enrichment.bulkchunk": "sealed pieces of a file that waits",
    "enrichment.bulkparty": "who came in with a file; on the pages of the parties",
    "enrichment.bulkrefusal": "in the file of refused rows",
    "enrichment.candidate": "on the page of its run",
    "enrichment.crmcreation": "the lead says its id in the CRM; an open one is tried until it has one",
    "enrichment.decision": "on the page of its lead",
    "enrichment.discovery": "hashes without a name; nothing to see for anybody",
    "enrichment.flight": "a note that lives for one call",
    "enrichment.hourlyfigures": "added up on the home page",
    "enrichment.providergate": "on the page of the providers",
    "enrichment.providerslot": "a note that lives for one call",
    "enrichment.providerspend": "on the page of the providers, as bars",
    "enrichment.runstep": "on the page of its run",
    "enrichment.watermark": "how far the sweeps have read",
    "otp_totp.totpdevice": "made and removed by its owner; an administrator removes one on the list of users",
    "parties.address": "on the page of its party",
    "parties.company": "on the page of its party",
    "parties.partyaddress": "on the page of its party",
    "parties.partychange": "on the page of its party",
    "parties.partyenrichment": "on the page of its party",
    "parties.partyfinances": "on the page of its party",
    "parties.partymerge": "on the page of the party that was kept",
    "parties.partyrelationship": "on the pages of both parties",
    "parties.person": "on the page of its party",
    "parties.propertyownership": "on the page of its party",
    "parties.realestateproperty": "on the page of its owners",
    "procrastinate.procrastinateevent": "on the page of its job",
    "procrastinate.procrastinateperiodicdefer": "the queue's own book-keeping",
    "procrastinate.procrastinateworker": "the queue's own book-keeping",
    "sessions.session": "who is logged in; never shown",
    "webhooks.legacyalias": "which keys of the predecessor's became one record",
    "webhooks.legacyimport": "how far an import is; `manage.py import_legacy` tells",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "c2s-enrich",
    "SITE_HEADER": "c2s-enrich",
    "SITE_SUBHEADER": _("Who is this lead?"),
    "SITE_SYMBOL": "person_search",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("c2s_enrich/favicon.svg")},
    ],
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "enrichment.admin.home.home_context",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("c2s_enrich/admin.css")],
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .014 236)",
            "100": "oklch(94.6% .030 236)",
            "200": "oklch(89.6% .060 234)",
            "300": "oklch(82.2% .105 232)",
            "400": "oklch(73.5% .140 235)",
            "500": "oklch(65.0% .150 239)",
            "600": "oklch(55.5% .140 243)",
            "700": "oklch(47.8% .122 244)",
            "800": "oklch(42.0% .102 243)",
            "900": "oklch(37.2% .084 243)",
            "950": "oklch(28.0% .062 245)",
        }
    },
    "ACCOUNT": {"navigation": [{"title": _("Second factor"), "link": reverse_lazy("second_factor")}]},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            _group(
                _("Leads"),
                _to(_("Leads"), "inbox", "enrichment", "lead") | {"active": _is_a_lead},
                {
                    "title": _("Review queue"),
                    "icon": "fact_check",
                    "link": reverse_lazy("admin:enrichment_lead_review"),
                    "permission": _may("enrichment.review_lead"),
                },
                _desk(_("Insights"), "insights", "insights", "enrichment.view_run"),
                _desk(_("Shadow and predecessor"), "compare", "shadow", "enrichment.view_run")
                | {"permission": _while_in_shadow},
                _to(_("Batches"), "playlist_play", "enrichment", "batch"),
                _to(_("Imports"), "upload_file", "enrichment", "bulkimport"),
                _to(_("Runs"), "conversion_path", "enrichment", "run"),
                _to(_("Messages"), "chat", "enrichment", "leadmessage"),
                _to(_("Jobs"), "pending_actions", "procrastinate", "procrastinatejob"),
                separator=False,
            ),
            _group(
                _("People and companies"),
                _to(_("Directory"), "badge", "parties", "party"),
                _to(_("Contacts"), "call", "parties", "partycontact"),
            ),
            _group(_("Doors"), _to(_("Webhook events"), "webhook", "webhooks", "webhookevent")),
            _group(
                _("Providers"),
                _desk(_("Providers and budgets"), "electrical_services", "providers", "enrichment.view_providergate"),
                _to(_("Provider calls"), "travel_explore", "enrichment", "providercall"),
                _desk(_("Cache"), "cached", "cache", "enrichment.view_cache"),
            ),
            _group(_("Operation"), _to(_("Alerts"), "notifications", "enrichment", "alert")),
            _group(
                _("Privacy"),
                _to(_("Requests"), "policy", "parties", "datarequest"),
                _to(_("Access log"), "visibility", "c2s_enrich", "accessentry"),
                _to(_("Retention"), "auto_delete", "c2s_enrich", "retentionnight"),
            ),
            _group(
                _("Access"),
                _to(_("API keys"), "key", "c2s_enrich", "apikey"),
                _to(_("Users"), "person", "auth", "user"),
                _to(_("Groups"), "group", "auth", "group"),
            ),
        ],
    },
}
