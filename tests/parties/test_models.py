import re
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from parties.models import Kind, Party, PropertyOwnership, RealEstateProperty
from parties.names import folded
from tests.parties.people import cnpj, cpf, filed

OURS = [m for app in ("c2s_enrich", "parties", "enrichment", "webhooks") for m in apps.get_app_config(app).get_models()]
RECORD = [model for model in OURS if model._meta.app_label == "parties"]
# what Django calls an index that was not given a name
GIVEN_BY_DJANGO = re.compile(r"_[0-9a-f]{6,8}(_idx|_uniq|_like|_fk.*)?$")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_index_and_constraint_has_a_name_of_its_own(model: type[models.Model]) -> None:
    rules: list[Any] = [*model._meta.indexes, *model._meta.constraints]
    nameless = [rule for rule in rules if not rule.name or GIVEN_BY_DJANGO.search(rule.name)]
    assert not nameless, "give it a name that says what it is for, and a comment that names the query it serves"
    assert not model._meta.unique_together, "use a named UniqueConstraint"


def test_no_two_rules_share_a_name() -> None:
    names = [rule.name for model in OURS for rule in (*model._meta.indexes, *model._meta.constraints)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("model", RECORD, ids=lambda model: model._meta.label)
def test_no_index_of_a_golden_record_hides_behind_a_column(model: type[models.Model]) -> None:
    hidden = [f.name for f in model._meta.concrete_fields if (f.unique or f.db_index) and not f.primary_key]
    assert not hidden, "write it into Meta.indexes or Meta.constraints, with its name and its purpose"


@pytest.mark.django_db
@pytest.mark.parametrize("model", RECORD, ids=lambda model: model._meta.label)
def test_the_database_has_every_rule_that_the_model_names(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)
    assert {rule.name for rule in (*model._meta.indexes, *model._meta.constraints)} <= set(there)


@pytest.mark.parametrize("model", RECORD, ids=lambda model: model._meta.label)
def test_what_is_chosen_from_a_list_is_checked_by_the_database_too(model: type[models.Model]) -> None:
    checks = " ".join(
        str(rule.condition) for rule in model._meta.constraints if isinstance(rule, models.CheckConstraint)
    )
    unchecked = [f.name for f in model._meta.concrete_fields if f.choices and f.name not in checks]
    assert not unchecked, "add a CheckConstraint with the list's values"


@pytest.mark.django_db
class TestParty:
    def test_the_folded_name_follows_the_name_by_every_save(self) -> None:
        party = Party.objects.create(kind=Kind.PERSON, name="José D'Ávila")
        party.name = "JOÃO Gonçalves"
        party.save(update_fields=["name"])
        assert Party.objects.get().folded_name == folded("JOÃO Gonçalves") == "joao goncalves"

    def test_many_parties_may_have_no_document_yet(self) -> None:
        for _ in range(2):
            Party.objects.create(kind=Kind.PERSON)
        assert Party.objects.filter(cpf_cnpj=None).count() == 2

    @pytest.mark.parametrize(
        "columns",
        [
            {"kind": "robot"},
            {"kind": "person", "cpf_cnpj": cnpj().value},
            {"kind": "company", "cpf_cnpj": cpf().value},
            {"kind": "person", "cpf_cnpj": "5299822472"},
            {"kind": "person", "cpf_cnpj": "529.982.247"},
            {"kind": "person", "cpf_cnpj": ""},
            {"kind": "company", "cpf_cnpj": "12abc34501de35"},
        ],
    )
    def test_the_database_itself_refuses_a_document_that_does_not_fit(self, columns: dict[str, str]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Party.objects.bulk_create([Party(**columns)])

    def test_an_alphanumeric_cnpj_fits(self) -> None:
        assert Party.objects.create(kind=Kind.COMPANY, cpf_cnpj="12ABC34501DE35").pk


@pytest.mark.django_db
def test_the_database_itself_refuses_impossible_ownership() -> None:
    home, party = RealEstateProperty.objects.create(city="CAMPINAS", iptu_number="1"), filed()
    for broken in (
        PropertyOwnership(property=home, party=party, share=0),
        PropertyOwnership(property=home, party=party, share="1.01"),
        PropertyOwnership(property=home, party=party, confidence="1.01"),
        RealEstateProperty(city="CAMPINAS", iptu_number="1"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(broken)._default_manager.bulk_create([broken])
