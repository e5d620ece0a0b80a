import type { Slots } from '../ports/http.ts'
import type { Database } from './database.ts'
import { type Holders, share } from './shares.ts'

const begin = {
  name: 'slots.begin',
  text: `
    insert into crosswalk.parallelism (connection, calls, most) values ($1, least($2::integer, $3::integer), $3)
    on conflict (connection) do nothing`,
}
// Whoever comes second waits here, and sees what the first one stored.
const look = {
  name: 'slots.look',
  text: `
    select calls, holders, (extract(epoch from clock_timestamp()) * 1000)::float8 as at
    from crosswalk.parallelism where connection = $1 for update`,
}
const store = {
  name: 'slots.store',
  text: `update crosswalk.parallelism set holders = $2, calls = least(calls, $3::integer), most = $3 where connection = $1`,
}
// Calls that are refused together are one refusal: whoever comes second finds less than what was too much.
const lower = {
  name: 'slots.lower',
  text: `
    update crosswalk.parallelism set calls = greatest(1, calls / 2) where connection = $1 and calls >= $2`,
}
const raise = {
  name: 'slots.raise',
  text: `update crosswalk.parallelism set calls = calls + 1 where connection = $1 and calls < most`,
}
const leave = {
  name: 'slots.leave',
  text: `
    update crosswalk.parallelism set holders = holders - $2::text
    where connection = $1 and holders ? $2::text`,
}

/** The calls at once of each connection, shared by all processes. @param worker  names this process */
export function openSlots(database: Database, worker: string): Slots & { close(): Promise<void> } {
  const end = new AbortController()
  const shared = new Set<string>()
  return {
    ended: end.signal,
    async share(connection, { start, most, busy }) {
      shared.add(connection)
      return database.transaction(async (tx) => {
        await tx.rows(begin, [connection, start, most])
        const [row] = await tx.rows<{ calls: number; holders: Holders; at: number }>(look, [connection])
        if (row === undefined) throw new Error(`The calls at once of connection "${connection}" were not stored.`)
        const limit = Math.min(row.calls, most)
        const { holders, width } = share(row.holders, { worker, limit, busy, at: row.at })
        await tx.rows(store, [connection, JSON.stringify(holders), most])
        return { width, limit }
      })
    },
    async lower(connection, from) {
      await database.rows(lower, [connection, from])
    },
    async raise(connection) {
      await database.rows(raise, [connection])
    },
    async leave(connection) {
      await database.rows(leave, [connection, worker])
    },
    async close() {
      end.abort()
      for (const connection of shared) await database.rows(leave, [connection, worker])
    },
  }
}
