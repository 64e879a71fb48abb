select id as enrichment_id, id, party_id, provider::text as provider, provider::text as source,
  profile as raw_payload, profile as normalized_data,
  -- of six parts that a profile may have, how many say anything
  round((
    select count(*) from unnest(array['DadosBasicos', 'DadosEconomicos', 'telefones', 'emails', 'enderecos', 'profissao'])
      as part where jsonb_exists(profile, part)) / 6.0, 2) as quality_score,
  enriched_at, enriched_at as created_at
from party_enrichments
