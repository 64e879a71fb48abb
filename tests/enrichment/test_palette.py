"""What the palette answers, to whom, and that nothing of it is remembered."""

import pytest
from django.core.cache import cache
from django_redis import get_redis_connection

from enrichment.models import Lead
from parties.models import Party
from tests.back_office import logged_in, staff, superuser

pytestmark = pytest.mark.django_db(transaction=True)
QUERIES = (
    "marina",
    "52998224725",
    "(11) 98765-4321",
    "marina.prado@example.com",
    "le",
    "insights",
    "a b c d",
    "'",
)


@pytest.fixture(autouse=True)
def marina() -> Party:
    party = Party.objects.create(kind="person", cpf_cnpj="52998224725", name="MARINA ALVES PRADO 52998224725")
    Lead.objects.create(lead_id="lead-1", customer_name="Marina Prado", party=party, phone_value="+5511987654321")
    return party


@pytest.mark.parametrize("extended", ["", "&extended=1"])
@pytest.mark.parametrize("typed", QUERIES)
def test_whatever_is_typed_is_answered_and_not_remembered(typed: str, extended: str) -> None:
    cache.clear()
    answer = superuser().get(f"/admin/search/?s={typed}{extended}")
    assert answer.status_code == 200
    kept = [key for key in get_redis_connection("default").keys("*") if b"search" in key]
    assert kept == []


def test_pages_leads_and_people_are_found(marina: Party) -> None:
    client = superuser()
    told = client.get("/admin/search/?s=marina&extended=1").content.decode()
    assert f"/admin/parties/party/{marina.pk}/change/" in told
    assert "/admin/enrichment/lead/" in told
    assert "/admin/insights/" in client.get("/admin/search/?s=insi&extended=1").content.decode()


def test_each_sees_what_their_role_lets_them_see(marina: Party) -> None:
    viewer = (
        logged_in(staff("viewer", "view_party", may_view=False))
        .get("/admin/search/?s=marina&extended=1")
        .content.decode()
    )
    assert "52998224725" not in viewer
    assert "MARINA ALVES PRADO ***.982.***-**" in viewer
    assert "/admin/enrichment/lead/" not in viewer
    assert logged_in(staff("nobody", may_view=False)).get("/admin/search/?s=marina").status_code == 403
