select p.id, p.kind::text as party_type, p.cpf_cnpj::text as cpf_cnpj,
  nullif(p.name, '')::text as full_name, nullif(p.name, '')::text as name,
  nullif(p.folded_name, '')::text as normalized_name,
  nullif(e.sex, '')::text as sex, e.birth_date,
  nullif(e.mother_name, '')::text as mother_name, nullif(e.father_name, '')::text as father_name,
  null::text as rg,
  nullif(c.trade_name, '')::text as fantasy_name, c.founded_on as opening_date,
  null::text as company_type, nullif(c.size, '')::text as company_size,
  p.enriched, p.created_at, p.updated_at
from parties p
left join people e on e.party_id = p.id
left join companies c on c.party_id = p.id
