-- additive
-- Problems of syncs that could not start were kept under the failure's kind, and some of them were never closed. Those that are
-- not over come up again, now under a cause of their own.
update crosswalk.problems problem set whole = false
where whole and sync not like 'connection %' and sync <> 'published project' and kind <> 'guard_tripped'
  and not exists (select from crosswalk.syncs held where held.sync = problem.sync and held.held_because is not null);
