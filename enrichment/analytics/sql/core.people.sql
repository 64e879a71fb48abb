select e.party_id, nullif(p.name, '')::text as full_name, nullif(e.mother_name, '')::text as mothers_name,
  e.birth_date, nullif(e.sex, '')::text as sex, nullif(e.marital_status, '')::text as marital_status,
  p.cpf_cnpj::text as document_cpf, p.created_at, p.updated_at
from people e
join parties p on p.id = e.party_id
