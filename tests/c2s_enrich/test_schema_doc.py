"""The description of the tables is that of the models as they stand."""

import re

from django.apps import apps
from django.db import connection

from c2s_enrich.schema_doc import OTHERS, ROOMS, purpose, schema_doc
from tests.production import ROOT

WRITTEN = ROOT / "docs" / "schema.md"


def test_the_document_says_what_the_models_say() -> None:
    assert WRITTEN.read_text() == schema_doc(), "run manage.py schema_doc"


def test_every_table_of_ours_says_what_it_is_for() -> None:
    ours = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]
    assert [model.__name__ for model in ours if not purpose(model)] == [], "give these models a docstring"


def test_every_table_of_the_database_is_in_it(db: None) -> None:
    """What migrations made, not what the models say."""
    told = set(re.findall(r"`([a-z0-9_]+)`", WRITTEN.read_text()))
    assert set(connection.introspection.table_names()) - told == {"django_migrations"}


def test_every_application_with_tables_is_in_a_room_or_brought_along() -> None:
    with_tables = {app.label for app in apps.get_app_configs() if list(app.get_models())}
    assert with_tables == ROOMS.keys() | OTHERS.keys()
