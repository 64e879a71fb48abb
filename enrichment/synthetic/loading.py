"""All tables of the made-up database, in an order that no foreign key minds, copied in one transaction."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction

from c2s_enrich.sealed_cache import forget_everything
from enrichment.models import Lead
from enrichment.synthetic import leads, learnt, people, ties
from enrichment.synthetic.world import World
from parties.models import Party

_ROWS_AT_ONCE = 500
Progress = Callable[[str, int], None]


class Table(NamedTuple):
    name: str
    columns: str
    rows: Callable[[World], Iterator[str]]


TABLES = (
    Table(
        "parties", "id,kind,cpf_cnpj,name,folded_name,enriched,enriched_at,origins,created_at,updated_at",
        people.party_rows,
    ),
    Table(
        "people", "party_id,birth_date,sex,mother_name,father_name,marital_status,birthplace,education,nationality,"
        "occupation,registration_status", people.person_rows,
    ),
    Table("companies", "party_id,legal_name,trade_name,size,industry", people.company_rows),
    Table(
        "party_contacts", "id,party_id,contact_type,value,is_primary,is_verified,source,confidence,operator,line_type,"
        "created_at,updated_at", people.contact_rows,
    ),
    Table(
        "addresses", "id,street,number,complement,neighborhood,city,state,cep,place_key,created_at", people.address_rows
    ),
    Table("party_addresses", "id,party_id,address_id,is_primary,source,seen_at", people.home_rows),
    Table("party_enrichments", "id,party_id,provider,profile,enriched_at", learnt.enrichment_rows),
    Table(
        "party_finances", "party_id,income,income_adjusted,income_min,income_max,purchasing_power,credit_score,"
        "risk_level,social_class,source,as_of", learnt.finance_rows,
    ),
    Table(
        "real_estate_properties", "id,iptu_number,street,number,neighborhood,city,state,cep,area_m2,assessed_value,"
        "created_at", ties.property_rows,
    ),
    Table("property_ownerships", "id,property_id,party_id,share,start_date,confidence", ties.ownership_rows),
    Table(
        "party_relationships", "id,from_party_id,to_party_id,kind,role,source,seen_at,created_at",
        ties.relationship_rows,
    ),
    Table(
        "leads", "id,lead_id,crm_id,source,customer_name,phone,phone2,email,document,chosen_cpf,phone_value,"
        "email_value,seller,product,lead_source,crm_status,details,is_test,party_id,received_at,crm_updated_at,updated_at",
        leads.lead_rows,
    ),
    Table(
        "runs", "id,lead_id,trigger,state,tier,confidence,same_person,message_sent,error,force_providers,attempts,"
        "lease_owner,request_id,created_at,started_at,finished_at", leads.run_rows,
    ),
)  # fmt: skip


def holds_data() -> bool:
    return Party.objects.exists() or Lead.objects.exists()


def world_copy(world: World, progress: Progress) -> None:
    """All or nothing: what is interrupted leaves the database as it was."""
    with transaction.atomic():
        for table in TABLES:
            _copy(table, world, progress)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"analyze {table.name}")
    # somebody may have been looked up, and not found, before
    forget_everything()


def _copy(table: Table, world: World, progress: Progress) -> None:
    rows, done = table.rows(world), 0
    with connection.cursor() as cursor, cursor.copy(f"copy {table.name} ({table.columns}) from stdin") as copy:
        while block := list(islice(rows, _ROWS_AT_ONCE)):
            copy.write("".join(block))
            done += len(block)
            progress(table.name, done)
