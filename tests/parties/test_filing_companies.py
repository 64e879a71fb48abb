from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from parties.facts import CompanyFact
from parties.filing.values import value_pin
from parties.models import Company, Kind, Party, PartyRelationship
from tests.parties.people import NOON, cnpj, cpf, filed, later

pytestmark = pytest.mark.django_db


def company(number: int = 11222333, role: str = "SOCIO-ADMINISTRADOR", **more: Any) -> CompanyFact:
    return CompanyFact(cnpj=cnpj(number), role=role, **{"kind": "partner", **more})


def tie() -> PartyRelationship:
    return PartyRelationship.objects.get()


def test_a_company_becomes_a_party_tied_by_its_role() -> None:
    person = filed(companies=[company(since=date(2016, 5, 2))])
    firm = Party.objects.get(kind=Kind.COMPANY)
    assert (firm.cpf_cnpj, firm.name, firm.enriched, firm.company.legal_name) == ("11222333000181", "", False, "")
    held = tie()
    assert (held.from_party_id, held.to_party_id) == (person.pk, firm.pk)
    assert (held.kind, held.role, held.start_date, held.end_date) == (
        "partner", "SOCIO-ADMINISTRADOR", date(2016, 5, 2), None,
    )  # fmt: skip
    assert (held.source, held.seen_at) == ("work_api", NOON)


def test_a_company_is_one_party_for_all_its_people() -> None:
    filed(companies=[company()])
    filed(cpf=cpf(111444777), companies=[company()])
    assert (Company.objects.count(), PartyRelationship.objects.count()) == (1, 2)


def test_a_company_known_already_keeps_its_name() -> None:
    firm = Party.objects.create(kind=Kind.COMPANY, cpf_cnpj=cnpj().value, name="PADARIA EXEMPLO LTDA")
    filed(companies=[company()])
    assert Party.objects.get(pk=firm.pk).name == "PADARIA EXEMPLO LTDA"


def test_one_role_is_one_tie_however_often_and_however_spelled() -> None:
    filed(companies=[company(role="SÓCIO"), company(role="SOCIO"), company(role="CONTADOR")])
    filed(companies=[company(role="Sócio")], told_at=later())
    assert set(PartyRelationship.objects.values_list("role", flat=True)) == {"SÓCIO", "CONTADOR"}


def test_a_role_told_later_completes_the_tie_and_one_not_told_adds_none() -> None:
    filed(companies=[company(role="")])
    filed(companies=[company(role="SOCIO"), company(role="")], told_at=later())
    filed(companies=[company(role="")], told_at=later(2))
    assert tie().role == "SOCIO"


def test_the_newer_word_counts_and_an_empty_one_never() -> None:
    filed(companies=[company(since=date(2016, 5, 2), until=date(2020, 1, 1))])
    filed(companies=[company(kind="unknown")], told_at=later(3))
    filed(companies=[company(kind="employee", since=date(1999, 1, 1))], told_at=later(1))
    held = tie()
    assert (held.kind, held.start_date, held.end_date, held.seen_at) == (
        "partner", date(2016, 5, 2), date(2020, 1, 1), later(3),
    )  # fmt: skip
    filed(companies=[company(until=date(2021, 1, 1))], told_at=later(4))
    assert tie().end_date == date(2021, 1, 1)


def test_an_older_word_still_fills_what_is_empty() -> None:
    filed(companies=[company(kind="unknown")], told_at=later(3))
    filed(companies=[company(since=date(2016, 5, 2))])
    assert (tie().kind, tie().start_date, tie().seen_at) == ("partner", date(2016, 5, 2), later(3))


def test_a_pinned_company_is_left_as_staff_have_it() -> None:
    person = filed(companies=[company()])
    PartyRelationship.objects.update(end_date=date(2020, 1, 1))
    value_pin(person, f"companies.{cnpj().value}")
    filed(companies=[company(until=date(2025, 1, 1)), company(role="CONTADOR")], told_at=later())
    assert tie().end_date == date(2020, 1, 1)


def test_the_database_itself_refuses_what_no_tie_can_be() -> None:
    person = filed(companies=[company()])
    firm = Party.objects.get(kind=Kind.COMPANY)
    for broken in (
        PartyRelationship(from_party=person, to_party=person, kind="partner"),
        PartyRelationship(from_party=person, to_party=firm, kind="friend", role="x"),
        PartyRelationship(from_party=person, to_party=firm, kind="partner", role="SOCIO-ADMINISTRADOR"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            PartyRelationship.objects.bulk_create([broken])
