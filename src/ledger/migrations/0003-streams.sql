-- A system's stream of events is followed by one worker at a time.
create table crosswalk.streams (
  connection text primary key,
  worker text not null,
  lease_until timestamptz not null,
  -- how far it was followed, in the connector's own words
  place jsonb
) with (fillfactor = 50);
