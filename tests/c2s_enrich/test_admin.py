"""What holds for every page of the admin, whichever room it belongs to."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from unfold.admin import ModelAdmin

from c2s_enrich.admin_site import HIDDEN, UNFOLD
from tests.back_office import (
    EDITABLE,
    SHOWN,
    Rows,
    lead_run,
    list_url,
    logged_in,
    page_url,
    paint_nothing,
    party_contact,
    rows,
    staff,
    superuser,
)

pytestmark = pytest.mark.django_db

TAKEN_IN = ("c2s_enrich.ApiKey", "enrichment.BulkImport", "parties.DataRequest")
READ_ONLY = [model for model in SHOWN if model not in EDITABLE and model._meta.label not in TAKEN_IN]

each_model = pytest.mark.parametrize("model", SHOWN, ids=lambda model: model._meta.label)


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def of_each(models: Iterable[type[Model]], told: Callable[[type[Model]], Any]) -> dict[str, Any]:
    """What is true of each, by its name: the rows to look at are made once for all of them."""
    return {model._meta.label: told(model) for model in models}


def each(models: Iterable[type[Model]], one: Any) -> dict[str, Any]:
    return of_each(models, lambda model: one)


def test_every_model_is_in_the_admin_or_listed_as_hidden() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}
    all_models = {model._meta.label_lower for model in apps.get_models()}
    missing = all_models - registered - HIDDEN.keys()
    assert not missing, (
        f"register them in their room's admin, or say in admin_site.HIDDEN where staff see them: {missing}"
    )
    assert not registered & HIDDEN.keys()
    assert not HIDDEN.keys() - all_models, "models that are gone"


def test_every_registered_model_is_tried_here() -> None:
    assert set(admin.site._registry) == set(SHOWN), "add the model to tests/back_office.py"


def test_every_admin_wears_the_same_dress() -> None:
    assert [a for a in admin.site._registry.values() if not isinstance(a, ModelAdmin)] == []


def test_every_list_is_in_the_sidebar() -> None:
    links = {str(item["link"]) for group in UNFOLD["SIDEBAR"]["navigation"] for item in group["items"]}
    assert links >= {list_url(model) for model in SHOWN}


def test_the_sidebar_shows_what_one_may_open() -> None:
    body = logged_in(staff("reader", "view_lead", may_view=False)).get("/admin/").content.decode()
    assert reverse("admin:enrichment_lead_changelist") in body
    assert reverse("admin:c2s_enrich_apikey_changelist") not in body


def statuses(client: Client, made: Rows, model: type[Model]) -> tuple[int, int]:
    return client.get(list_url(model)).status_code, client.get(page_url(made[model])).status_code


def test_lists_and_pages_open() -> None:
    made, client = rows(), superuser()
    assert of_each(SHOWN, lambda model: statuses(client, made, model)) == each(SHOWN, (200, 200))


def test_a_list_asks_the_database_as_often_for_ten_rows_as_for_one() -> None:
    client = superuser()
    rows()
    for_one = of_each(SHOWN, lambda model: queries(client, list_url(model)))
    for number in range(1, 10):
        rows(number)
    assert of_each(SHOWN, lambda model: queries(client, list_url(model))) == for_one


@pytest.mark.parametrize(
    ("label", "more"),
    [("enrichment.Lead", lead_run), ("enrichment.Run", lead_run), ("parties.Party", party_contact)],
    ids=["lead", "run", "party"],
)
def test_a_page_asks_the_database_as_often_for_ten_things_as_for_one(label: str, more: Callable[..., None]) -> None:
    made, client = rows(), superuser()
    url = page_url(made[apps.get_model(label)])
    for_one = queries(client, url)
    for number in range(1, 10):
        more(made, number) if more is party_contact else more(made)
    assert queries(client, url) == for_one


def test_what_the_service_writes_nobody_changes() -> None:
    made, client = rows(), superuser()
    for model in READ_ONLY:
        nobody_changes(made, model, client)


def nobody_changes(made: Rows, model: type[Model], client: Client) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    before = model._default_manager.filter(pk=made[model].pk).values().get()
    assert client.get(reverse(f"{name}_add")).status_code == 403
    assert client.post(page_url(made[model]), {"state": "failed"}).status_code == 403
    assert client.post(reverse(f"{name}_delete", args=[made[model].pk]), {"post": "yes"}).status_code == 403
    delete_all = {"action": "delete_selected", "_selected_action": str(made[model].pk), "post": "yes"}
    client.post(list_url(model), delete_all)
    assert model._default_manager.filter(pk=made[model].pk).values().get() == before


@each_model
def test_strangers_are_sent_to_the_log_in(model: type[Model], client: Client) -> None:
    answer = client.get(list_url(model))
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")


def test_staff_without_permission_are_refused() -> None:
    made, client = rows(), logged_in(staff("nobody", may_view=False))
    assert of_each(SHOWN, lambda model: statuses(client, made, model)) == each(SHOWN, (403, 403))


def test_every_filter_works(monkeypatch: pytest.MonkeyPatch) -> None:
    rows()
    client = superuser()
    # the question is asked all the same; that the page can be painted is shown without a filter
    paint_nothing(monkeypatch)
    for model in SHOWN:
        every_filter_works(client, model)


def every_filter_works(client: Client, model: type[Model]) -> None:
    changelist: Any = client.get(list_url(model)).context_data["cl"]
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            # a filter to type into has no ready links
            query = choice.get("query_string") or f"?{spec.parameter_name}=some"
            answer: Any = client.get(list_url(model) + query)
            assert answer.status_code == 200, (model, query)
            list(answer.context_data["cl"].result_list)


def test_the_pages_that_nobody_should_keep_are_marked_so() -> None:
    assert superuser().get("/admin/enrichment/lead/")["Cache-Control"] == "no-store"


def test_procrastinates_own_pages_are_gone() -> None:
    """Their retry takes running jobs too."""
    actions = admin.site._registry[apps.get_model("procrastinate.ProcrastinateJob")].actions
    assert tuple(actions) == ("retry", "cancel")
    with pytest.raises(NoReverseMatch):
        reverse("admin:procrastinate_procrastinateevent_changelist")
