-- additive
-- What was written to both ends of an order that is over, compressed; then the columns for it are null. See src/ledger/archive.ts.
alter table crosswalk.links add column archived bytea;

-- As before, with one rule more: grants of a time to come are those of a clock that was put back since. They count as of now.
create or replace function crosswalk.take_allowance(of_sync text, wanted integer, per_hour integer, now_at timestamptz)
returns table (granted boolean, used integer) language plpgsql as $$
declare
  extra integer;
  beyond integer;
begin
  insert into crosswalk.syncs (sync, enabled_at) values (of_sync, now_at) on conflict do nothing;
  select extra_orders into extra from crosswalk.syncs where sync = of_sync for update;
  update crosswalk.allowances set at = now_at where sync = of_sync and at > now_at;
  delete from crosswalk.allowances where sync = of_sync and at <= now_at - interval '2 hours';
  select coalesce(sum(orders), 0) into used from crosswalk.allowances where sync = of_sync and at > now_at - interval '1 hour';
  -- What goes beyond the hourly number is drawn from the extra orders that a person allowed.
  beyond := greatest(used + wanted - per_hour, 0) - greatest(used - per_hour, 0);
  granted := beyond <= extra;
  if granted then
    insert into crosswalk.allowances (sync, at, orders) values (of_sync, now_at, wanted);
    if beyond > 0 then
      update crosswalk.syncs set extra_orders = extra - beyond where sync = of_sync;
    end if;
  end if;
  return next;
end
$$;

-- When the database's clock was put back, what waits for a time to come would wait as much longer. Moves it back by as much.
-- Returns by how many milliseconds it was, at the first call after it; null else.
create function crosswalk.follow_clock() returns double precision language plpgsql as $$
declare
  last timestamptz;
  current timestamptz;
  back interval;
begin
  insert into crosswalk.upkeep (task, begun_at) values ('clock', clock_timestamp()) on conflict do nothing;
  select begun_at into last from crosswalk.upkeep where task = 'clock' for update;
  current := clock_timestamp();
  update crosswalk.upkeep set begun_at = current where task = 'clock';
  back := last - current;
  -- Shorter steps are those of a clock that is kept right.
  if back < interval '10 seconds' then
    return null;
  end if;
  update crosswalk.inbox set due_at = due_at - back where due_at > current;
  update crosswalk.inbox set lease_until = lease_until - back where lease_until > current;
  update crosswalk.processes set seen_at = seen_at - back where seen_at > current;
  update crosswalk.streams set lease_until = lease_until - back where lease_until > current;
  update crosswalk.alerting set lease_until = lease_until - back where lease_until > current;
  update crosswalk.budgets set ends_at = ends_at - back where ends_at > current;
  update crosswalk.quotas set ends_at = ends_at - back where ends_at > current;
  update crosswalk.quota_waits set until = until - back where until > current;
  update crosswalk.runs set waits_until = waits_until - back where waits_until > current;
  -- They are taken anew by those that live.
  update crosswalk.parallelism set holders = '{}' where holders <> '{}';
  return extract(epoch from back) * 1000;
end
$$;
