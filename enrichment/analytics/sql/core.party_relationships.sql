select id, from_party_id, to_party_id, coalesce(nullif(role, ''), kind)::text as relationship_type,
  start_date, end_date, confidence, created_at
from party_relationships
