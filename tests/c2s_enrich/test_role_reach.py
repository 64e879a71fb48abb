"""Every address of the admin, and who gets through: a table that knows no exceptions."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from c2s_enrich.back_office import Listing
from c2s_enrich.roles import ADMINISTRATOR, MANAGER, PRIVACY_OFFICER, ROLES
from enrichment.models import Deed, Lead
from tests.back_office import Rows, logged_in, paint_nothing, rows
from tests.c2s_enrich.test_roles import DECIDING, DESK, EVERYBODY, SEES, SPENDING, member

pytestmark = pytest.mark.django_db

PRIVATE = {PRIVACY_OFFICER, ADMINISTRATOR}
# open to whoever is on staff, and says nothing of anybody
FRAME = {
    *("index", "login", "logout", "password_change", "password_change_done", "jsi18n", "autocomplete"),
    *("search", "view_on_site", "app_list", "toggle_sidebar", "None"),
}
# who may make a row, or delete one; of other models nobody may
ADDS = {
    "parties.datarequest": PRIVATE,
    "enrichment.bulkimport": SPENDING,
    "auth.user": {ADMINISTRATOR},
    "auth.group": {ADMINISTRATOR},
    "c2s_enrich.apikey": {ADMINISTRATOR},
}
DELETES = {"auth.user": {ADMINISTRATOR}, "auth.group": {ADMINISTRATOR}}
# what is done, by the model's name and the deed's
DOES = {
    "enrichment_lead_review": DECIDING,
    "enrichment_lead_choose": DECIDING,
    "enrichment_lead_deed": DECIDING,
    "enrichment_lead_preview": EVERYBODY,
    "enrichment_lead_state": EVERYBODY,
    "enrichment_batch_progress": DECIDING,
    "enrichment_batch_cancel": DECIDING,
    **{f"enrichment_bulkimport_{n}": SPENDING for n in ("look", "start", "cancel", "piece", "progress", "refused")},
    "enrichment_bulkimport_enrich": SPENDING,
    "parties_party_edit_this": {MANAGER, *PRIVATE},
    "parties_party_add_row": {MANAGER, *PRIVATE},
    "parties_party_edit_row": {MANAGER, *PRIVATE},
    "parties_party_release": {MANAGER, *PRIVATE},
    "parties_party_merge_this": SPENDING,
    "parties_party_undo_merge": SPENDING,
    "parties_datarequest_do": PRIVATE,
    "parties_datarequest_file": PRIVATE,
    "procrastinate_procrastinatejob_retry_this": SPENDING,
    "procrastinate_procrastinatejob_cancel_this": SPENDING,
    "webhooks_webhookevent_replay_this": SPENDING,
    "c2s_enrich_apikey_limit_this": {ADMINISTRATOR},
    "c2s_enrich_apikey_revoke_this": {ADMINISTRATOR},
    "auth_user_password_change": {ADMINISTRATOR},
}
DEEDS = {deed: SPENDING if deed == Deed.FORCE else DECIDING for deed in Deed}
# what an address wants besides the key of a row
ARGUMENTS = {"provider": "work_api", "deed": "refuse", "merge_id": UUID(int=1), "party_id": UUID(int=1)} | {
    "rows": "contacts",
    "row_id": UUID(int=1),
    "kind": "csv",
    "number": 0,
    "question": "repeats",
}


def label(model: type[Model]) -> str:
    return model._meta.label_lower


def named(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def expected() -> dict[str, set[str]]:
    """By the name of the address, who gets through."""
    told = {f"admin:{name}": set(roles) for name, roles in DOES.items()} | {n: set(r) for n, r in DESK.items()}
    for model in admin.site._registry:
        sees = SEES[label(model)]
        told |= {f"admin:{named(model)}_{kind}": set(sees) for kind in ("changelist", "change", "history")}
        if isinstance(admin.site._registry[model], Listing):
            told[f"admin:{named(model)}_export"] = set(sees)
        told[f"admin:{named(model)}_add"] = ADDS.get(label(model), set())
        told[f"admin:{named(model)}_delete"] = DELETES.get(label(model), set())
    return told


def addresses() -> dict[str, URLPattern]:
    found: dict[str, URLPattern] = {}
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.namespace in ("admin", "desk"):
            found |= {f"{resolver.namespace}:{p.name}": p for p in _patterns(resolver.url_patterns)}
    return {name: pattern for name, pattern in found.items() if name.partition(":")[2] not in FRAME}


def _patterns(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns)
        else:
            yield pattern


@pytest.fixture
def made() -> Rows:
    return rows()


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    paint_nothing(monkeypatch)


def gets_through(client: Client, name: str, pattern: URLPattern, made: Rows) -> bool:
    row = next((str(made[model].pk) for model in admin.site._registry if f":{named(model)}_" in name), "")
    url = reverse(name, kwargs={key: ARGUMENTS.get(key, row) for key in pattern.pattern.converters})
    status = client.get(url).status_code
    if status == 405:
        status = client.post(url, {"deed": Deed.RERUN}).status_code
    assert status in (200, 302, 400, 403, 404), url
    return status != 403


def test_every_address_of_the_admin_says_who_gets_through() -> None:
    assert addresses().keys() == expected().keys(), "add it to DOES, ADDS or DELETES here, or to SEES or DESK"


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("role", [*ROLES, "none"])
def test_a_role_gets_through_to_exactly_its_part(made: Rows, role: str) -> None:
    client = logged_in(member(role) if role in ROLES else User.objects.create_user("a stranger", is_staff=True))
    wrong = {
        name
        for name, roles in expected().items()
        if gets_through(client, name, addresses()[name], made) != (role in roles)
    }
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_to_a_lead_exactly_what_it_may(made: Rows, role: str) -> None:
    client, lead = logged_in(member(role)), made[Lead]
    url = reverse("admin:enrichment_lead_deed", args=[lead.pk])
    done = {deed for deed in Deed if client.post(url, {"deed": deed}).status_code != 403}
    assert done == {deed for deed, roles in DEEDS.items() if role in roles}
