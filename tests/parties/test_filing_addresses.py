from typing import Any

import pytest
from django.db import IntegrityError, transaction

from parties.facts import AddressFact
from parties.filing.places import place_key
from parties.filing.values import value_pin
from parties.models import Address, PartyAddress
from tests.parties.people import NOON, cpf, filed, later

ACACIAS = AddressFact(street="R DAS ACACIAS", number="120", city="CAMPINAS", state="SP", cep="13010001")


def place(street: str, number: str = "", complement: str = "", **town: Any) -> AddressFact:
    return AddressFact(street=street, number=number, complement=complement, **(town or {"cep": "13010001"}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (place("R DAS ACACIAS 120"), place("Rua das Acácias, 120")),
        (place("R DAS ACACIAS", "120"), place("Rua das Acácias, 120")),
        (place("R DAS ACACIAS", "0120"), place("Rua Acácias", "120")),
        (place("R DAS ACACIAS", "Nº 120"), place("Rua das Acácias, n. 120")),
        (place("AV BRASIL", "1500"), place("Avenida Brasil, 1500")),
        (place("Av. Brasil", "1500"), place("AVENIDA  BRASIL,", "1500")),
        (place("AL SANTOS", "1", "AP 51"), place("Alameda Santos", "1", "Apto. 51")),
        (place("AL SANTOS", "1", "AP51 BL B"), place("Alameda Santos", "1", "Apartamento 51, Bloco B")),
        (place("PCA DA SE", "S/N"), place("Praça da Sé", "")),
        (place("PÇA DA SÉ", "0"), place("Praça da Sé", "sem número")),
        (place("TV DR PEDRO", "3"), place("Travessa Doutor Pedro", "3")),
        (place("ROD PRES DUTRA", "3"), place("Rodovia Presidente Dutra", "3")),
        (place("R STO ANTONIO", "3"), place("Rua Santo Antônio", "3")),
        (place("R X", "1", city="SAO PAULO", state="SP"), place("Rua X", "1", city="São Paulo", state="SP")),
    ],
)
def test_two_spellings_of_one_place(one: AddressFact, other: AddressFact) -> None:
    assert place_key(one) == place_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (place("R DAS ACACIAS", "120"), place("R DAS ACACIAS", "121")),
        (place("R DAS ACACIAS", "120"), place("AV DAS ACACIAS", "120")),
        (place("R DAS ACACIAS", "120", "AP 51"), place("R DAS ACACIAS", "120", "AP 52")),
        (place("R DAS ACACIAS", "120", "AP 51"), place("R DAS ACACIAS", "120")),
        (place("R DAS ACACIAS", "120", "BL A"), place("R DAS ACACIAS", "120", "AP A")),
        (place("R AL GORE", "1"), place("R ALAMEDA GORE", "1")),
        (place("R X", "1", city="CAMPINAS", state="SP"), place("R X", "1", city="CAMPINAS", state="PB")),
        (place("R X", "1", cep="13010001"), place("R X", "1", cep="13010002")),
        (place("R X", "1", cep="13010001"), place("R X", "1", city="CAMPINAS", state="SP")),
        (place("R 1", "10"), place("R 11", "0")),
    ],
)
def test_two_places(one: AddressFact, other: AddressFact) -> None:
    assert place_key(one) != place_key(other)


@pytest.mark.django_db
class TestFiling:
    def test_the_same_place_is_one_row_and_one_link_and_keeps_its_first_spelling(self) -> None:
        filed(addresses=[ACACIAS, place("Rua das Acácias, 120")])
        filed(addresses=[place("RUA ACACIAS", "120")], told_at=later())
        link = PartyAddress.objects.select_related("address").get()
        assert (link.address.street, link.is_primary) == ("R DAS ACACIAS", True)
        assert Address.objects.count() == 1

    def test_people_of_one_house_share_its_row(self) -> None:
        filed(addresses=[ACACIAS])
        filed(cpf=cpf(111444777), addresses=[ACACIAS])
        assert (Address.objects.count(), PartyAddress.objects.count()) == (1, 2)

    def test_a_link_knows_its_source_and_when_it_was_last_seen(self) -> None:
        filed(addresses=[ACACIAS])
        assert (link := PartyAddress.objects.get()).source == "work_api"
        assert link.seen_at == NOON
        filed(addresses=[ACACIAS], source="diretrix", told_at=later(2))
        filed(addresses=[ACACIAS], told_at=later(1))
        assert PartyAddress.objects.values_list("source", "seen_at").get() == ("diretrix", later(2))

    def test_addresses_gather_with_exactly_one_primary(self) -> None:
        filed(addresses=[ACACIAS, place("R B")])
        filed(addresses=[place("R C")], told_at=later())
        filed(addresses=[], told_at=later(2))
        assert list(PartyAddress.objects.values_list("address__street", "is_primary")) == [
            ("R DAS ACACIAS", True), ("R B", False), ("R C", False),
        ]  # fmt: skip

    def test_another_becomes_primary_once_the_primary_is_deleted(self) -> None:
        filed(addresses=[ACACIAS, place("R B")])
        PartyAddress.objects.filter(is_primary=True).delete()
        filed(addresses=[place("R B")], told_at=later())
        assert PartyAddress.objects.get().is_primary

    def test_a_place_told_without_its_cep_is_the_one_known_with_it(self) -> None:
        vague = AddressFact(street="Rua das Acácias", number="120", city="Campinas", state="SP")
        filed(addresses=[vague, ACACIAS])
        filed(addresses=[vague], told_at=later())
        assert PartyAddress.objects.get().address.cep == "13010001"

    def test_a_cep_that_comes_later_takes_the_link_over(self) -> None:
        vague = AddressFact(street="Rua das Acácias", number="120", city="Campinas", state="SP")
        filed(addresses=[vague])
        filed(addresses=[ACACIAS], told_at=later())
        link = PartyAddress.objects.select_related("address").get()
        assert (link.address.cep, link.is_primary) == ("13010001", True)

    def test_what_staff_corrected_stays_corrected(self) -> None:
        filed(addresses=[ACACIAS])
        address = Address.objects.get()
        address.street = "RUA DAS ACACIAS AMARELAS"
        address.save()
        filed(addresses=[ACACIAS], told_at=later())
        assert Address.objects.get().street == "RUA DAS ACACIAS AMARELAS"

    def test_a_pinned_address_that_staff_deleted_does_not_come_back(self) -> None:
        party = filed(addresses=[ACACIAS])
        value_pin(party, f"addresses.{PartyAddress.objects.get().address.place_key}")
        PartyAddress.objects.all().delete()
        filed(addresses=[ACACIAS], told_at=later())
        assert not PartyAddress.objects.exists()

    def test_an_address_that_staff_wrote_is_found_when_a_source_tells_it(self) -> None:
        Address(street="Rua das Acácias", number="120", cep="13010001").save()
        filed(addresses=[ACACIAS])
        assert PartyAddress.objects.get().address.street == "Rua das Acácias"

    def test_the_database_itself_refuses_doubles(self) -> None:
        party = filed(addresses=[ACACIAS, place("R B")])
        first = party.addresses.earliest("id")
        for broken in (
            PartyAddress(party=party, address_id=first.address_id),
            PartyAddress(party=party, address=Address.objects.create(street="R C"), is_primary=True),
            Address(place_key=place_key(ACACIAS)),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                type(broken).objects.bulk_create([broken])
