"""Each role sees and may do exactly its part."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import reverse

from c2s_enrich.roles import ADMINISTRATOR, AGENT, MANAGER, PRIVACY_OFFICER, ROLE_NAMES, ROLES, VIEWER, roles_make
from tests.back_office import Rows, logged_in, rows

pytestmark = pytest.mark.django_db

EVERYBODY = {VIEWER, AGENT, MANAGER, PRIVACY_OFFICER, ADMINISTRATOR}
LOOKING_BEHIND = {MANAGER, PRIVACY_OFFICER, ADMINISTRATOR}
# who may open the list and the pages of a model
SEES = {
    "enrichment.lead": EVERYBODY,
    "enrichment.leadmessage": EVERYBODY,
    "enrichment.run": EVERYBODY,
    "parties.party": EVERYBODY,
    "parties.partycontact": EVERYBODY,
    "enrichment.batch": {AGENT, MANAGER, ADMINISTRATOR},
    "enrichment.alert": LOOKING_BEHIND,
    "enrichment.bulkimport": {MANAGER, ADMINISTRATOR},
    "enrichment.providercall": LOOKING_BEHIND,
    "procrastinate.procrastinatejob": LOOKING_BEHIND,
    "webhooks.webhookevent": LOOKING_BEHIND,
    "c2s_enrich.accessentry": {PRIVACY_OFFICER, ADMINISTRATOR},
    "c2s_enrich.retentionnight": {PRIVACY_OFFICER, ADMINISTRATOR},
    "parties.datarequest": {PRIVACY_OFFICER, ADMINISTRATOR},
    "auth.group": {ADMINISTRATOR},
    "auth.user": {ADMINISTRATOR},
    "c2s_enrich.apikey": {ADMINISTRATOR},
}
# who may open the pages that belong to no model
DESK = {
    "desk:figures": EVERYBODY,
    "desk:palette": EVERYBODY,
    "desk:insights": EVERYBODY,
    "desk:insight_file": EVERYBODY,
    "desk:shadow": EVERYBODY,
    "desk:providers": {MANAGER, ADMINISTRATOR},
    "desk:providers_part": {MANAGER, ADMINISTRATOR},
    "desk:provider_switch": {MANAGER, ADMINISTRATOR},
    "desk:cache": {MANAGER, ADMINISTRATOR},
    "desk:forget_all": {MANAGER, ADMINISTRATOR},
    # these are posted to only
    "desk:forget_one": {MANAGER, ADMINISTRATOR},
    "desk:forget_party": {MANAGER, ADMINISTRATOR},
}
DECIDING = {AGENT, MANAGER, ADMINISTRATOR}
SPENDING = {MANAGER, ADMINISTRATOR}
# who is offered an action on a list
OFFERED = {
    "enrichment.lead.rerun_many": DECIDING,
    "enrichment.lead.resend_many": DECIDING,
    "enrichment.lead.create_many": DECIDING,
    "enrichment.lead.reviewed_many": DECIDING,
    "enrichment.lead.ignore_many": DECIDING,
    "enrichment.lead.force_many": SPENDING,
    "webhooks.webhookevent.replay": SPENDING,
    "procrastinate.procrastinatejob.retry": SPENDING,
    "procrastinate.procrastinatejob.cancel": SPENDING,
    "auth.user.delete_selected": {ADMINISTRATOR},
    "auth.user.forget_second_factor": {ADMINISTRATOR},
    "auth.group.delete_selected": {ADMINISTRATOR},
    "c2s_enrich.apikey.revoke": {ADMINISTRATOR},
}
each_role = pytest.mark.parametrize("role", ROLES)


def member(role: str, name: str = "") -> User:
    user = User.objects.create_user(name or f"a {role}", password=None, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def made() -> Rows:
    return rows()


def test_every_permission_of_every_role_exists() -> None:
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    missing = {role: wanted - known for role, wanted in ROLES.items() if wanted - known}
    assert not missing, "c2s_enrich/roles.py names permissions that no model has"


def test_every_role_has_a_name_for_people() -> None:
    assert ROLE_NAMES.keys() == ROLES.keys()


@each_role
def test_migrating_made_the_role_as_it_stands_in_the_table(role: str) -> None:
    group = Group.objects.get(name=role)
    held = {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")}
    assert held == ROLES[role]


def test_migrating_again_repairs_the_roles_and_spares_other_groups() -> None:
    mine = Group.objects.create(name="receptionists")
    mine.permissions.set(Permission.objects.filter(codename="view_lead"))
    viewers = Group.objects.get(name=VIEWER)
    viewers.permissions.add(Permission.objects.get(codename="delete_user"))
    Group.objects.get(name=AGENT).delete()
    roles_make()
    assert not viewers.permissions.filter(codename="delete_user").exists()
    assert Group.objects.get(name=AGENT).permissions.count() == len(ROLES[AGENT])
    assert list(mine.permissions.values_list("codename", flat=True)) == ["view_lead"]


def test_migrate_itself_makes_the_roles() -> None:
    Group.objects.filter(name__in=ROLES).delete()
    call_command("migrate", verbosity=0)
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_every_model_of_the_admin_says_who_sees_it() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == SEES.keys(), "add it to SEES and to roles.py"


@each_role
def test_only_some_roles_see_documents_in_clear(made: Rows, role: str) -> None:
    body = logged_in(member(role)).get(reverse("admin:parties_party_changelist")).content.decode()
    assert ("529.982.247-25" in body) == (role != VIEWER)
    assert ("***.982.***-**" in body) == (role == VIEWER)


def offered(user: User) -> set[str]:
    """The actions on all lists, as this person is offered them."""
    request = RequestFactory().get("/admin/")
    request.user = user
    lists = ((model._meta.label_lower, site) for model, site in admin.site._registry.items())
    return {f"{label}.{name}" for label, site in lists for name in site.get_actions(request)}


@each_role
def test_a_role_is_offered_exactly_its_actions(role: str) -> None:
    expected = {name for name, roles in OFFERED.items() if role in roles}
    assert offered(member(role)) == expected


def test_an_administrator_gives_roles_and_never_superuser_rights() -> None:
    boss, other = member(ADMINISTRATOR), User.objects.create_user("ana", password=None)
    form = {
        "username": "ana", "is_active": "on", "is_staff": "on", "is_superuser": "on",
        "groups": [str(Group.objects.get(name=AGENT).pk)],
        "date_joined_0": "2026-01-01", "date_joined_1": "10:00",
    }  # fmt: skip
    logged_in(boss).post(reverse("admin:auth_user_change", args=[other.pk]), form)
    other.refresh_from_db()
    assert other.is_staff
    assert not other.is_superuser
    assert [group.name for group in other.groups.all()] == [AGENT]


def test_nobody_rewrites_a_role_by_hand() -> None:
    client = logged_in(User.objects.create_superuser("root", password=None))
    group = Group.objects.get(name=VIEWER)
    assert client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403
    assert client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}).status_code == 403
