"""A lead's page says on what ground and what for its data are processed, by the door that it came by."""

import pytest
from pytest_django import Settings

from enrichment.models import Lead, Source
from tests.back_office import logged_in, page_url, rows, staff

pytestmark = pytest.mark.django_db


def test_the_ground_follows_the_door(settings: Settings) -> None:
    settings.PURPOSE_C2S = "To show flats in Campinas"
    lead, client = rows()[Lead], logged_in(staff("viewer"))
    body = client.get(page_url(lead)).content.decode()
    assert "Legitimate interest (art. 7, IX)" in body
    assert "To show flats in Campinas" in body
    Lead.objects.filter(pk=lead.pk).update(source=Source.GOOGLE_ADS)
    assert "Consent of the person (art. 7, I)" in client.get(page_url(lead)).content.decode()
