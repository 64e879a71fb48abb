select r.id, r.party_id, r.address_id, null::text as address_type, r.is_primary, true as is_current,
  r.source = 'staff' as verified,
  -- four things that an address may have: house, town, CEP, and somebody who told it within two years
  ((a.street <> '' and a.number <> '')::int + (a.city <> '' and a.state <> '')::int + (a.cep <> '')::int
    + (r.seen_at > now() - interval '2 years')::int) / 4.0 as confidence_score,
  jsonb_build_object('source', r.source) as metadata, r.seen_at as created_at, r.seen_at as updated_at
from party_addresses r
left join addresses a on a.id = r.address_id
