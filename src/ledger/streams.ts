import type { Json } from '../core/json.ts'
import type { Streams } from '../ports/ledger/streams.ts'
import type { Database } from './database.ts'
import { storedJson } from './stored-json.ts'

const take = {
  name: 'streams.take',
  text: `
    insert into crosswalk.streams as stored (connection, worker, lease_until)
    values ($1, $2, statement_timestamp() + $3 * interval '1 millisecond')
    on conflict (connection) do update set worker = excluded.worker, lease_until = excluded.lease_until
    where stored.worker = excluded.worker or stored.lease_until < statement_timestamp()
    returning place`,
}

const move = {
  name: 'streams.move',
  text: `update crosswalk.streams set place = $3 where connection = $1 and worker = $2`,
}

const leave = {
  name: 'streams.leave',
  text: `update crosswalk.streams set lease_until = '-infinity' where connection = $1 and worker = $2`,
}

export function openStreams(database: Database): Streams {
  return {
    async take(connection, { worker, leaseMs }) {
      const [row] = await database.rows<{ place: Json }>(take, [connection, worker, leaseMs])
      return row ?? null
    },
    async move(connection, worker, place) {
      await database.rows(move, [connection, worker, storedJson(place)])
    },
    async leave(connection, worker) {
      await database.rows(leave, [connection, worker])
    },
  }
}
