-- a day's figures first: there are fewer days than leads to be put together into weeks or months
select date_trunc(%(step)s, day)::date as day, sum(leads)::int as leads, sum(repeats)::int as repeats,
  sum(leads - repeats)::int as first_time, round(100.0 * sum(repeats) / sum(leads), 1) as percent
from (
  select day, count(*) as leads, count(*) filter (where is_repeat) as repeats
  from analytics.mv_mkt_lead_star where day between %(since)s and %(until)s group by day
) d
group by 1 order by 1
