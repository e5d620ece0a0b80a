-- additive
-- People who sign in at a provider of OpenID Connect, as it knows them. They have no password here.
create table crosswalk.identities (
  issuer text not null,
  subject text not null,
  account text not null unique references crosswalk.accounts on delete cascade,
  primary key (issuer, subject)
);
