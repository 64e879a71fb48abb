select coalesce(lead_source, source) as source, count(*)::int as leads,
  count(*) filter (where is_enriched)::int as enriched,
  round(100.0 * count(*) filter (where is_enriched) / count(*), 1) as enriched_percent,
  count(*) filter (where is_closed)::int as closed,
  round(100.0 * count(*) filter (where is_closed) / count(*), 1) as closed_percent
from analytics.mv_mkt_lead_star where day between %(since)s and %(until)s
group by 1 order by leads desc, 1 limit %(most)s
