select date_trunc(%(step)s, day)::date as day, seconds_band, sum(leads)::int as leads, sum(seconds) as seconds
from (
  select day, seconds_band, count(*) as leads, sum(seconds) as seconds
  from analytics.mv_mkt_lead_star where day between %(since)s and %(until)s and seconds is not null
  group by day, seconds_band
) d
group by 1, 2 order by 1, 2
