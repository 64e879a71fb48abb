-- who came again is few; whether the first time was within these days too is asked of the table, for those alone
with again as (
  select same_phone_as as first, true as by_phone from analytics.mv_mkt_lead_star
  where day between %(since)s and %(until)s and is_repeat and same_phone_as is not null
  union all
  select same_email_as, false from analytics.mv_mkt_lead_star
  where day between %(since)s and %(until)s and is_repeat and same_email_as is not null
), top as (
  select first, by_phone, count(*) as times from again
  group by first, by_phone order by times desc, first limit %(most)s
), told as (
  select l.id as lead, case when t.by_phone then l.phone_value else l.email_value end as contact,
    t.times + (l.received_at >= %(since)s::date::timestamp at time zone %(zone)s)::int as times
  from top t join leads l on l.id = t.first
)
select contact, times, lead from told where contact <> '' order by times desc, contact
