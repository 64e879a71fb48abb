select date_trunc(%(step)s, day)::date as day, count(*)::int as leads, round(avg(seconds), 1) as average,
  round(percentile_disc(0.95) within group (order by seconds), 1) as p95
from analytics.mv_mkt_lead_star where day between %(since)s and %(until)s and seconds is not null
group by 1 order by 1
