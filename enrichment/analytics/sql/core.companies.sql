select c.party_id, coalesce(nullif(c.legal_name, ''), nullif(p.name, ''))::text as legal_name,
  nullif(c.trade_name, '')::text as trade_name, p.cpf_cnpj::text as cnpj,
  nullif(c.size, '')::text as company_size, nullif(c.industry, '')::text as industry,
  c.founded_on as foundation_date, p.created_at, p.updated_at
from companies c
join parties p on p.id = c.party_id
