-- The predecessor's tables, in the version that most of them had; nothing is unique there but the keys.
create schema core;
create type core.contact_type_enum as enum ('email', 'phone', 'whatsapp');
create table core.parties (
  id uuid primary key, party_type text, cpf_cnpj text, full_name text, normalized_name text, sex text, birth_date date,
  mother_name text, father_name text, rg text, fantasy_name text, opening_date date, company_type text,
  company_size text, enriched boolean default false, created_at timestamptz, updated_at timestamptz);
create table core.people (
  party_id uuid primary key, full_name text, mothers_name text, birth_date date, sex text, marital_status text,
  document_cpf text, created_at timestamptz, updated_at timestamptz);
create table core.companies (
  party_id uuid primary key, legal_name text, trade_name text, cnpj text, company_size text, industry text,
  foundation_date date, created_at timestamptz, updated_at timestamptz);
create table core.party_contacts (
  contact_id uuid primary key, party_id uuid, contact_type core.contact_type_enum, value text, is_primary boolean,
  is_verified boolean, is_whatsapp boolean, source text, confidence numeric(3,2), valid_from timestamptz,
  valid_to timestamptz, created_at timestamptz, updated_at timestamptz);
create table core.party_enrichments (
  enrichment_id uuid primary key, party_id uuid, provider text, raw_payload jsonb, normalized_data jsonb,
  quality_score numeric, enriched_at timestamptz, created_at timestamptz);
create table core.addresses (
  id uuid primary key, street text, number text, neighborhood text, city text, state text, zip_code text,
  complement text, latitude float8, longitude float8, formatted_address text, created_at timestamptz,
  updated_at timestamptz);
create table core.party_addresses (
  id uuid primary key, party_id uuid, address_id uuid, address_type text, is_primary boolean, is_current boolean,
  verified boolean, confidence_score numeric, metadata jsonb, created_at timestamptz, updated_at timestamptz);
create table core.real_estate_properties (
  id uuid primary key, iptu_number text, street text, number text, neighborhood text, city text, state text,
  zip_code text, area_m2 numeric, assessed_value numeric, created_at timestamptz);
create table core.property_ownerships (
  id uuid primary key, property_id uuid, party_id uuid, share numeric, start_date date, end_date date,
  confidence numeric(3,2), created_at timestamptz);
create table core.party_relationships (
  id uuid primary key, from_party_id uuid, to_party_id uuid, relationship_type text, start_date date, end_date date,
  confidence numeric(3,2), created_at timestamptz);
create table public.webhook_events (
  id bigserial primary key, lead_id text, updated_at timestamptz, hook_action text, payload_raw jsonb, status text,
  error_message text, received_at timestamptz, processed_at timestamptz, updated_at_ts timestamptz,
  unique (lead_id, updated_at));
create table public.google_ads_leads (
  id bigserial primary key, google_lead_id text unique, c2s_lead_id text, form_id bigint, campaign_id bigint,
  gcl_id text, payload_raw jsonb, enrichment_status text, cpf text, description_length int, c2s_latency_ms int,
  c2s_created_at timestamptz, created_at timestamptz);
