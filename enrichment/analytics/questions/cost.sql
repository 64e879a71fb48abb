select date_trunc(%(step)s, day)::date as day, sum(enriched)::int as enriched, sum(cost) as cost,
  round(sum(cost) / nullif(sum(enriched), 0), 4) as each
from (
  select day, count(*) filter (where is_enriched) as enriched, sum(cost) as cost
  from analytics.mv_mkt_lead_star where day between %(since)s and %(until)s group by day
) d
group by 1 order by 1
