"""Nobody's data are held without somebody having said so."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from c2s_enrich.privacy.everywhere import text_columns
from c2s_enrich.privacy.registry import holdings, without_people
from c2s_enrich.privacy.retention import rules


def test_every_model_is_spoken_of_once() -> None:
    held, nobody = {holding.label for holding in holdings()}, set(without_people())
    every = {model._meta.label_lower for model in apps.get_models(include_auto_created=False)}
    missing = every - held - nobody
    assert not missing, (
        f"hold these, or say in `holds_nobody` why there is nobody in them, in a room's privacy.py: {missing}"
    )
    assert not held & nobody
    assert held | nobody == every, "models that are gone"


def test_what_goes_with_another_row_really_does() -> None:
    """Nothing erases it but the database's own cascade."""
    for holding in holdings():
        if holding.goes_with and holding.label not in ("parties.address", "parties.realestateproperty"):
            targets = {
                field.related_model._meta.label_lower
                for field in holding.model._meta.concrete_fields
                if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE
            }
            assert holding.goes_with in targets, holding.label


def test_every_kind_of_data_has_its_days_and_every_days_a_kind() -> None:
    named = {rule.name for rule in rules()}
    assert {holding.kept for holding in holdings() if holding.kept} <= named
    in_settings = {name for name in dir(settings) if name.startswith("RETENTION_")} - {"RETENTION_HOUR"}
    assert in_settings == {rule.setting for rule in rules()}


def test_only_columns_that_hold_words_are_purged() -> None:
    for holding in holdings():
        kinds = {type(holding.model._meta.get_field(name)) for name in holding.scrub}
        assert kinds <= {models.CharField, models.TextField, models.JSONField}, holding.label


@pytest.mark.django_db
def test_the_search_knows_every_table_that_holds_words() -> None:
    ours = [model._meta for model in apps.get_models() if model._meta.managed]
    wordy = {meta.db_table for meta in ours for field in meta.concrete_fields if isinstance(field, models.CharField)}
    assert wordy <= text_columns().keys()
