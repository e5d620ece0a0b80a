-- additive
-- One process at a time tells what is open.
create table crosswalk.alerting (
  one boolean primary key default true check (one),
  worker text not null,
  lease_until timestamptz not null
);

-- The channels that people are told by, and how it goes with each.
create table crosswalk.alert_channels (
  channel text primary key,
  -- since when there is something to tell; null when there is nothing
  waiting_since timestamptz,
  -- when the last message arrived
  told_at timestamptz,
  failures integer not null default 0,
  failing_since timestamptz,
  next_try_at timestamptz,
  failure jsonb
);

-- What each channel was told of and is open, as far as it knows.
create table crosswalk.alerts (
  channel text not null,
  subject text not null,
  condition jsonb not null,
  -- how many of the reminders it had
  step integer not null,
  told_at timestamptz not null,
  primary key (channel, subject)
);

-- When the source of a sync was last looked at with success, and when the login of a connection expires.
alter table crosswalk.syncs add column looked_at timestamptz;
alter table crosswalk.connections add column expires_at timestamptz;

-- What the deal is about, in money, for those who wait for it. Rows of earlier releases get it when the deal is read next.
alter table crosswalk.links add column source_amount numeric, add column source_currency text;

-- What the nightly comparison of a sync found, signed with the vault key, so that nobody changes it afterwards unseen.
create table crosswalk.certificates (
  id bigint generated always as identity primary key,
  sync text not null,
  at timestamptz not null,
  -- as it was signed, letter by letter
  text text not null,
  signature text not null
);
alter table crosswalk.alert_channels add column certified bigint not null default 0;
