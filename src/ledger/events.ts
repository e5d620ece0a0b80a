import type { Events } from '../ports/ledger/events.ts'
import type { Database } from './database.ts'
import { storedJson, storedName } from './stored-json.ts'

// The body is stored once for all of its events, and not at all for a redelivery.
const store = {
  name: 'events.store',
  text: `
    with request as (
      select nextval(pg_get_serial_sequence('crosswalk.requests', 'id')) as id
    ), fresh as (
      insert into crosswalk.events (connection, id, request_id, hint, received_at)
      select distinct on (event."id") $1, event."id", request.id, event."hint", statement_timestamp()
      from json_to_recordset($2) as event ("id" text, "hint" jsonb), request
      order by event."id"
      on conflict do nothing returning id, request_id
    ), body as (
      insert into crosswalk.requests (id, connection, received_at, body) overriding system value
      select request_id, $1, statement_timestamp(), $3 from fresh limit 1
    )
    select id from fresh`,
}

export function openEvents(database: Database): Events {
  return {
    async store(connection, received, body) {
      if (received.length === 0) return []
      const names = new Map(received.map(({ id }) => [storedName(id), id]))
      const named = received.map((event) => ({ ...event, id: storedName(event.id) }))
      const rows = await database.rows<{ id: string }>(store, [connection, storedJson(named), body])
      return rows.flatMap((row) => names.get(row.id) ?? [])
    },
  }
}
