import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from c2s_enrich import back_office
from c2s_enrich.back_office import EstimatingPaginator
from tests.back_office import logged_in, rows, staff, superuser

pytestmark = pytest.mark.django_db


def groups(count: int) -> None:
    """So many and no others: the roles made by migration do not count here."""
    Group.objects.all().delete()
    Group.objects.bulk_create([Group(name=f"g{number}") for number in range(count)])


def test_a_short_list_is_counted_exactly() -> None:
    groups(7)
    assert EstimatingPaginator(Group.objects.order_by("pk"), 5).count == 7


def test_a_list_that_is_no_query_is_counted_too() -> None:
    assert EstimatingPaginator([1, 2, 3], 2).num_pages == 2


def test_a_long_list_is_estimated_and_never_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_office, "COUNTED_EXACTLY", 10)
    groups(500)
    connection.cursor().execute("analyze auth_group")
    with CaptureQueriesContext(connection) as captured:
        assert EstimatingPaginator(Group.objects.order_by("pk"), 50).count == 500
    counting = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert all("LIMIT 11" in sql for sql in counting)


def test_the_estimate_never_falls_below_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_office, "COUNTED_EXACTLY", 10)
    groups(40)
    assert EstimatingPaginator(Group.objects.filter(name__startswith="g").order_by("pk"), 5).count >= 11


@pytest.mark.parametrize(
    "probe",
    [
        "enrichment/lead/?phone_value__startswith=%2B5511",
        "enrichment/lead/?party__cpf_cnpj__startswith=529",
        "parties/party/?cpf_cnpj__startswith=529",
        "parties/party/?contacts__value__startswith=%2B5511",
        "parties/partycontact/?value__startswith=%2B5511",
        "webhooks/webhookevent/?payload__customer__phone__contains=9876",
        "enrichment/leadmessage/?body__contains=529.982",
    ],
)
def test_a_masked_value_cannot_be_spelt_out_through_the_address_bar(probe: str) -> None:
    rows()
    for client in (logged_in(staff("viewer")), superuser()):
        assert client.get(f"/admin/{probe}").status_code == 400


@pytest.mark.parametrize(
    "probe",
    [
        "enrichment/lead/?source__regex=(a?){255}a",
        "enrichment/lead/?source__regex=[",
        "enrichment/lead/?received_at__year=99999999999",
        "enrichment/lead/?received_at__range=a",
        "parties/party/?kind__iregex=x",
        "auth/user/?password__startswith=pbkdf2",
        "auth/group/?name__regex=x",
    ],
)
def test_a_filter_takes_what_it_offers_and_no_other_way_of_asking(probe: str) -> None:
    assert superuser().get(f"/admin/{probe}").status_code == 400


@pytest.mark.parametrize(
    "asked",
    [
        "enrichment/lead/?received_at__gte=2025-01-01T00:00:00Z&received_at__lt=2026-01-01T00:00:00Z",
        "enrichment/lead/?source__exact=c2s",
        "enrichment/lead/?received_at__gte=99999999999",
        "enrichment/lead/?source__in=[",
        "c2s_enrich/apikey/?revoked_at__isnull=True",
        "auth/user/?is_staff__exact=1&groups__id__exact=1",
        "shadow/?since=9999-12-31&until=9999-12-31",
        "shadow/?since=0001-01-01&until=0001-01-01",
        "insights/?since=9999-12-31&until=9999-12-31",
        "insights/?since=0001-01-01&until=0001-01-02",
    ],
)
def test_whatever_a_page_is_asked_for_it_answers(asked: str) -> None:
    rows()
    assert superuser().get(f"/admin/{asked}", follow=True).status_code == 200


def test_a_list_says_show_all_only_where_something_is_hidden() -> None:
    rows()
    client = superuser()
    assert b"Show all" not in client.get("/admin/enrichment/lead/").content
    assert b"Show all" in client.get("/admin/enrichment/lead/?status=completed").content
