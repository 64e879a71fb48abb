select date_trunc(%(step)s, day)::date as day, sum(discoveries)::int as discoveries, sum(profiles)::int as profiles,
  sum(discoveries) * %(price_discovery)s + sum(profiles) * %(price_profile)s as saved
from (
  select day, sum(discoveries_avoided) as discoveries, sum(profiles_avoided) as profiles
  from analytics.mv_mkt_lead_star where day between %(since)s and %(until)s group by day
) d
group by 1 order by 1
