select id, nullif(iptu_number, '')::text as iptu_number, nullif(street, '')::text as street,
  nullif(number, '')::text as number, nullif(neighborhood, '')::text as neighborhood,
  nullif(city, '')::text as city, nullif(state, '')::text as state, nullif(cep, '')::text as zip_code,
  area_m2, assessed_value, created_at
from real_estate_properties
