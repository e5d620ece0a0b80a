-- additive
-- People who may sign in to the console.
create table crosswalk.accounts (
  name text primary key,
  -- what people call them
  display text not null,
  role text not null,
  -- of scrypt, with its parameters and salt; null until a password was chosen
  password text,
  disabled boolean not null default false,
  created_at timestamptz not null
);

-- One-time links by which a password is chosen. Kept as a digest, as are sessions and tokens.
create table crosswalk.one_time_links (
  digest bytea primary key,
  account text not null references crosswalk.accounts on delete cascade,
  ends_at timestamptz not null
);

create table crosswalk.sessions (
  digest bytea primary key,
  account text not null references crosswalk.accounts on delete cascade,
  started_at timestamptz not null,
  -- to the minute
  seen_at timestamptz not null,
  -- the latest end; one that is not used for a while ends before
  ends_at timestamptz not null
);
create index sessions_account on crosswalk.sessions (account);

-- Of other programs.
create table crosswalk.api_tokens (
  id bigint generated always as identity primary key,
  digest bytea not null unique,
  name text not null,
  role text not null,
  created_by text not null,
  created_at timestamptz not null,
  ends_at timestamptz not null,
  used_at timestamptz
);

-- Who asked for what. Only ever added to.
create table crosswalk.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  -- null for somebody who is not known
  actor text,
  -- the address that it came from
  origin text,
  action text not null,
  subject jsonb not null,
  outcome text not null
);
create index audit_at on crosswalk.audit (at);

-- What was made lately is counted all the time.
create index links_created on crosswalk.links (created_at);
