select w.name::text as view, w.at as as_of, now() - w.at as age
from watermarks w where w.name in ('core.mv_party_analytics', 'analytics.mv_mkt_lead_star')
