"""Who may do what: the roles, each a group that every `migrate` makes again as it stands here."""

from typing import Any

from django.utils.translation import gettext_lazy as _

_SEE = frozenset(
    {
        "enrichment.view_lead",
        "enrichment.view_leadmessage",
        "enrichment.view_run",
        "parties.view_party",
        "parties.view_partycontact",
    }
)
# taking in again what came by a door and failed, hurrying what waits and taking it back
_REPLAY = frozenset({"webhooks.change_webhookevent", "procrastinate.change_procrastinatejob"})
_DECIDE = frozenset(
    {
        "enrichment.rerun_lead",
        "enrichment.resend_lead",
        "enrichment.review_lead",
        "enrichment.view_batch",
    }
)
# what costs money, or may
_SPEND = frozenset(
    {
        "enrichment.force_lead",
        "enrichment.drop_cache",
        "enrichment.view_cache",
        "enrichment.view_providergate",
        "enrichment.change_providergate",
    }
)
_BRING_IN = frozenset({"enrichment.view_bulkimport", "enrichment.run_bulkimport"})
_IN_CLEAR = frozenset({"parties.view_document_in_clear"})
_UNDERSTAND = frozenset(
    {
        "enrichment.view_alert",
        "enrichment.view_providercall",
        "procrastinate.view_procrastinatejob",
        "webhooks.view_webhookevent",
    }
)
_CORRECT = frozenset({"parties.change_party"})
# those whose data we hold: what they ask, who saw them, how long they are kept
_ANSWER_FOR = frozenset(
    {
        "c2s_enrich.view_accessentry",
        "c2s_enrich.view_retentionnight",
        "parties.handle_datarequest",
        "parties.view_datarequest",
    }
)
_ADMIT = frozenset(
    {f"auth.{deed}_{thing}" for deed in ("view", "add", "change", "delete") for thing in ("user", "group")}
    | {f"c2s_enrich.{deed}_apikey" for deed in ("view", "add", "change")}
)

VIEWER, AGENT, MANAGER = "viewer", "agent", "manager"
PRIVACY_OFFICER, ADMINISTRATOR = "privacy officer", "administrator"

_AGENT = _SEE | _IN_CLEAR | _DECIDE
_MANAGER = _AGENT | _UNDERSTAND | _CORRECT | _SPEND | _REPLAY | _BRING_IN | {"parties.merge_party"}
_PRIVACY_OFFICER = _SEE | _IN_CLEAR | _UNDERSTAND | _CORRECT | _ANSWER_FOR

ROLES: dict[str, frozenset[str]] = {
    VIEWER: _SEE,
    AGENT: _AGENT,
    MANAGER: _MANAGER,
    PRIVACY_OFFICER: _PRIVACY_OFFICER,
    ADMINISTRATOR: _MANAGER | _PRIVACY_OFFICER | _ADMIT,
}
ROLE_NAMES = {
    VIEWER: _("viewer"),
    AGENT: _("agent"),
    MANAGER: _("manager"),
    PRIVACY_OFFICER: _("privacy officer"),
    ADMINISTRATOR: _("administrator"),
}


def roles_make(*, using: str = "default", **_signal: Any) -> None:
    """The receiver of `post_migrate`: permissions exist only then. What is ticked besides is taken away."""
    from django.contrib.auth.models import Group, Permission

    groups, permissions = Group.objects.using(using), Permission.objects.using(using)
    groups.bulk_create([Group(name=name) for name in ROLES], ignore_conflicts=True)
    ids = {
        f"{app}.{codename}": pk
        for pk, app, codename in permissions.values_list("pk", "content_type__app_label", "codename")
    }
    for group in groups.filter(name__in=ROLES):
        group.permissions.set([ids[name] for name in ROLES[group.name] if name in ids])
