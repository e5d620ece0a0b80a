-- additive
-- Pages of single orders for whoever has the link, without an account. Kept as a digest, as sessions are.
create table crosswalk.shared_orders (
  id bigint generated always as identity primary key,
  digest bytea not null unique,
  sync text not null,
  -- the deal
  connection text not null,
  object text not null,
  record_id text not null,
  -- null where nobody is named
  created_by text,
  created_at timestamptz not null,
  ends_at timestamptz not null,
  -- when it was last opened, to the minute
  used_at timestamptz
);
create index shared_orders_record on crosswalk.shared_orders (record_id);
