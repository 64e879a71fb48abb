with turns as (
  select id, row_number() over phone as phone_turn, first_value(id) over phone as phone_first,
    row_number() over email as email_turn, first_value(id) over email as email_first
  from leads where not is_test
  window phone as (partition by phone_value order by received_at, id),
    email as (partition by email_value order by received_at, id)
), latest as (
  select distinct on (lead_id) lead_id, trigger, state, tier, confidence, same_person, message_sent,
    extract(epoch from finished_at - created_at) as seconds
  from runs where repeats is null and trigger <> 'refresh' order by lead_id, id desc
), paid as (
  select r.lead_id, count(*) as calls, coalesce(sum(c.price) filter (where c.billed <> 'no'), 0) as cost
  from provider_calls c join runs r on r.id = c.run_id group by r.lead_id
), home as (
  -- by lead and not by party: hashed, the many leads without a party would be one key, which no number of batches splits
  select l.id as lead_id, a.city, a.state from leads l
  join party_addresses h on h.party_id = l.party_id and h.is_primary join addresses a on a.id = h.address_id
), facts as (
  select l.id, l.party_id, l.received_at, l.received_at at time zone ':zone' as local, l.source, l.lead_source,
    l.seller, l.product, l.crm_status, l.closed_at, l.details, l.document, r.trigger, r.confidence, r.same_person,
    case when r.state in ('queued', 'running') then 'open' else coalesce(r.state, nullif(l.outcome, ''), 'open')
      end as outcome,
    coalesce(nullif(r.tier, ''), nullif(l.outcome_tier, '')) as tier,
    coalesce(r.message_sent, false) as message_sent,
    case when r.state not in ('queued', 'running') then r.seconds end as seconds,
    coalesce(p.calls, 0) as calls, coalesce(p.cost, 0) as cost,
    case when l.phone_value <> '' and t.phone_turn > 1 then t.phone_first end as same_phone_as,
    case when l.email_value <> '' and t.email_turn > 1 then t.email_first end as same_email_as,
    case when l.document = '' then (l.phone_value <> '')::int + (l.email_value <> '')::int else 0 end as contacts
  from leads l
  join turns t on t.id = l.id
  left join latest r on r.lead_id = l.id
  left join paid p on p.lead_id = l.id
), told as (
  select *, coalesce(tier in ('cache', 'database') and outcome in ('completed', 'partial', 'needs_review', 'not_found'),
    false) as remembered
  from facts
)
select f.id as lead_id, f.party_id, f.received_at, f.local::date as day, extract(hour from f.local)::int as hour,
  extract(isodow from f.local)::int as weekday, to_char(f.local, 'YYYY-MM') as month,
  f.source::text as source, nullif(f.lead_source, '')::text as lead_source,
  left(f.details ->> 'campaign_id', 60) as campaign, nullif(f.seller, '')::text as seller,
  nullif(f.product, '')::text as product, f.trigger::text as trigger,
  coalesce(nullif(h.city, ''), left(f.details ->> 'city', 120))::text as city, nullif(h.state, '')::text as state,
  f.outcome::text as outcome, f.tier::text as tier, f.confidence, f.same_person, f.message_sent,
  f.outcome in ('completed', 'partial') as is_enriched, nullif(f.crm_status, '')::text as crm_status,
  f.closed_at is not null as is_closed, f.closed_at, round(f.seconds, 3)::float8 as seconds,
  -- the length of time as the power of :grows that it comes to, so that shares of it can be told from few numbers
  least(:longest, ceil(ln(greatest(f.seconds::float8, :shortest) / :shortest) / ln(:grows::float8)))::smallint as seconds_band,
  f.calls::int as calls, f.cost::numeric(14, 4) as cost,
  case when f.remembered then f.contacts else 0 end as discoveries_avoided,
  (f.remembered and f.outcome <> 'not_found')::int as profiles_avoided,
  f.same_phone_as is not null or f.same_email_as is not null as is_repeat, f.same_phone_as, f.same_email_as
from told f
left join home h on h.lead_id = f.id
