-- additive
-- Applies link updates and returns the ids of those whose target another link of the same kind holds. Looking first
-- finds nearly all of them; two transactions that write the same target at the same time are told apart by the unique
-- index, whose error is caught here, where it undoes this attempt alone and not the caller's transaction.
create function crosswalk.update_links(patches jsonb) returns setof bigint language plpgsql as $$
declare
  taken bigint[];
begin
  for attempt in 1..10 loop
    -- In the order in which they are intended, so that two workers with some links in common cannot wait for each other.
    perform from crosswalk.links link
      where link.id in (select (patch ->> 'id')::bigint from jsonb_array_elements(patches) as given (patch))
      order by link.sync, link.kind, link.source_id for update;
    select coalesce(array_agg(wanted.id), '{}') into taken
    from (
      select link.id, link.kind, link.scope, link.connection, link.target_object, patch ->> 'targetId' as target_id,
        row_number() over (
          partition by link.kind, link.scope, link.connection, link.target_object, patch ->> 'targetId'
          order by link.target_id is not distinct from patch ->> 'targetId' desc, place
        ) as nth
      from jsonb_array_elements(patches) with ordinality as given (patch, place)
      join crosswalk.links link on link.id = (patch ->> 'id')::bigint
      where patch ->> 'targetId' is not null
    ) wanted
    where nth > 1 or exists (
      select from crosswalk.links other
      where other.kind = wanted.kind and other.scope = wanted.scope and other.connection = wanted.connection
        and other.target_object = wanted.target_object and other.target_id = wanted.target_id and other.id <> wanted.id
    );
    begin
      update crosswalk.links link set
        state = coalesce(patch ->> 'state', link.state),
        target_id = case when patch ? 'targetId' then patch ->> 'targetId' else link.target_id end,
        origin = coalesce(patch ->> 'origin', link.origin),
        written = coalesce(patch -> 'written', link.written)
          || case when patch ? 'confirmed' then jsonb_build_object('confirmed', patch -> 'confirmed') else '{}' end,
        reported = coalesce(patch -> 'reported', link.reported),
        label = case when patch ? 'label' then patch ->> 'label' else link.label end,
        target_label = case when patch ? 'targetLabel' then patch ->> 'targetLabel' else link.target_label end,
        stage = case when patch ? 'stage' then patch ->> 'stage' else link.stage end,
        source_version = coalesce(patch ->> 'sourceVersion', link.source_version),
        target_version = coalesce(patch ->> 'targetVersion', link.target_version),
        updated_at = statement_timestamp()
      from jsonb_array_elements(patches) as given (patch)
      where link.id = (patch ->> 'id')::bigint and link.id <> all (taken);
      return query select unnest(taken);
      return;
    exception when unique_violation then
      -- The other transaction has committed by now, so the next look sees its link.
      null;
    end;
  end loop;
  raise 'links: targets were taken by other workers ten times in a row; try again';
end
$$;

-- Grants new orders of one sync within the hour before `now_at`, all or nothing. The row's lock makes workers take turns.
create function crosswalk.take_allowance(of_sync text, wanted integer, per_hour integer, now_at timestamptz)
returns table (granted boolean, used integer) language plpgsql as $$
declare
  extra integer;
  beyond integer;
begin
  insert into crosswalk.syncs (sync, enabled_at) values (of_sync, now_at) on conflict do nothing;
  select extra_orders into extra from crosswalk.syncs where sync = of_sync for update;
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
