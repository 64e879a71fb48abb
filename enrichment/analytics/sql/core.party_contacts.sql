select id as contact_id, id, party_id, contact_type::text::core.contact_type_enum as contact_type,
  value::text as value, is_primary, is_verified, contact_type = 'whatsapp' as is_whatsapp,
  nullif(source, '')::text as source, confidence, created_at as valid_from, null::timestamptz as valid_to,
  created_at, updated_at
from party_contacts
