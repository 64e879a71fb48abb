select id, property_id, party_id, share, start_date, end_date, confidence, null::timestamptz as created_at
from property_ownerships
