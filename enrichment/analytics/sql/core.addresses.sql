select id, nullif(street, '')::text as street, nullif(number, '')::text as number,
  nullif(neighborhood, '')::text as neighborhood, nullif(city, '')::text as city, nullif(state, '')::text as state,
  nullif(cep, '')::text as zip_code, nullif(complement, '')::text as complement,
  null::float8 as latitude, null::float8 as longitude,
  nullif(concat_ws(', ', nullif(street, ''), nullif(number, ''), nullif(neighborhood, ''), nullif(city, ''),
    nullif(state, '')), '') as formatted_address,
  created_at, created_at as updated_at
from addresses
