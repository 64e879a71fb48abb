with contacts as (
  select party_id, count(*) filter (where contact_type = 'phone') as phones,
    count(*) filter (where contact_type = 'whatsapp') as whatsapps,
    count(*) filter (where contact_type = 'email') as emails,
    count(*) filter (where is_verified) as verified_contacts
  from party_contacts group by party_id
), homes as (
  select party_id, count(*) as addresses from party_addresses group by party_id
), home as (
  select r.party_id, a.neighborhood, a.city, a.state,
    ((a.street <> '' and a.number <> '')::int + (a.city <> '' and a.state <> '')::int + (a.cep <> '')::int
      + (r.seen_at > now() - interval '2 years')::int) / 4.0 as confidence
  from party_addresses r join addresses a on a.id = r.address_id where r.is_primary
), owned as (
  select o.party_id, count(*) as properties, sum(r.assessed_value) as assessed_value
  from property_ownerships o join real_estate_properties r on r.id = o.property_id
  where o.end_date is null group by o.party_id
), learnt as (
  select party_id, count(*) as enrichments, max(enriched_at) as last_enriched_at from party_enrichments group by party_id
), ties as (
  select from_party_id as party_id, count(*) as companies from party_relationships
  where end_date is null group by from_party_id
), told as (
  select p.id, p.kind, p.enriched, p.created_at,
    extract(year from age((now() at time zone ':zone')::date, e.birth_date))::int as age,
    nullif(e.sex, '') as sex, coalesce(f.income, f.income_min) as income,
    coalesce(k.phones, 0) as phones, coalesce(k.whatsapps, 0) as whatsapps, coalesce(k.emails, 0) as emails,
    coalesce(k.verified_contacts, 0) as verified_contacts,
    coalesce(hs.addresses, 0) as addresses, nullif(h.neighborhood, '') as neighborhood, nullif(h.city, '') as city,
    nullif(h.state, '') as state, h.confidence as address_confidence,
    coalesce(o.properties, 0) as properties, o.assessed_value, coalesce(t.companies, 0) as companies,
    coalesce(l.enrichments, 0) as enrichments, coalesce(l.last_enriched_at, p.enriched_at) as last_enriched_at,
    ((coalesce(k.phones, 0) + coalesce(k.whatsapps, 0) > 0)::int + (coalesce(k.emails, 0) > 0)::int
      + (h.confidence is not null)::int
      + case when p.kind = 'person' then
          (e.birth_date is not null)::int + (coalesce(e.marital_status, '') <> '')::int
          + (coalesce(e.occupation, '') <> '')::int + (coalesce(f.income, f.income_min) is not null)::int
          + (f.credit_score is not null)::int
        else
          (coalesce(c.legal_name, '') <> '')::int + (coalesce(c.trade_name, '') <> '')::int
          + (coalesce(c.size, '') <> '')::int + (coalesce(c.industry, '') <> '')::int + (c.founded_on is not null)::int
        end) / 8.0 as quality
  from parties p
  left join people e on e.party_id = p.id
  left join companies c on c.party_id = p.id
  left join party_finances f on f.party_id = p.id
  left join contacts k on k.party_id = p.id
  left join homes hs on hs.party_id = p.id
  left join home h on h.party_id = p.id
  left join owned o on o.party_id = p.id
  left join learnt l on l.party_id = p.id
  left join ties t on t.party_id = p.id
)
select id as party_id, kind::text as party_type,
  case when age < 18 then 'under 18' when age < 25 then '18-24' when age < 35 then '25-34' when age < 45 then '35-44'
    when age < 55 then '45-54' when age < 65 then '55-64' when age >= 65 then '65+' end as age_band,
  case when income < 2000 then 'under 2k' when income < 5000 then '2k-5k' when income < 10000 then '5k-10k'
    when income < 20000 then '10k-20k' when income >= 20000 then '20k+' end as income_band,
  sex::text as sex, state::text as state, city::text as city, neighborhood::text as neighborhood,
  phones::int as phones, whatsapps::int as whatsapps, emails::int as emails,
  (phones + whatsapps + emails)::int as contacts, verified_contacts::int as verified_contacts,
  addresses::int as addresses, round(address_confidence, 2) as address_confidence,
  case when address_confidence >= 1 then 'high' when address_confidence >= 0.75 then 'medium'
    when address_confidence is not null then 'low' else 'none' end as address_confidence_band,
  -- rounded: to the real it would tell which houses they are
  properties::int as properties, round(assessed_value, -4) as properties_value,
  companies::int as companies,
  enriched, enrichments::int as enrichments, last_enriched_at, round(quality, 2) as enrichment_quality,
  case when quality >= 0.75 then 'high' when quality >= 0.5 then 'medium' else 'low' end as enrichment_quality_band,
  created_at
from told
