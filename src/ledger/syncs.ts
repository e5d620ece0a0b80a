import type { SyncState, Syncs } from '../ports/ledger/syncs.ts'
import type { Database } from './database.ts'
import { storedJson } from './stored-json.ts'

const columns = `sync, enabled_at as "enabledAt", mode, mappings, held_because as "heldBecause",
  extra_orders as "extraOrders", looked_at as "lookedAt", cursors`

const get = { name: 'syncs.get', text: `select ${columns} from crosswalk.syncs where sync = $1` }

const some = { name: 'syncs.some', text: `select ${columns} from crosswalk.syncs where sync = any($1)` }

const create = {
  name: 'syncs.create',
  text: `
    insert into crosswalk.syncs (sync, enabled_at) values ($1, $2)
    on conflict (sync) do update set sync = excluded.sync returning ${columns}`,
}

const set = {
  name: 'syncs.set',
  text: `
    update crosswalk.syncs set
      enabled_at = coalesce(($2::jsonb ->> 'enabledAt')::timestamptz, enabled_at),
      mode = coalesce($2 ->> 'mode', mode),
      mappings = case when $2 ? 'mappings' then $2 ->> 'mappings' else mappings end,
      held_because = case when $2 ? 'heldBecause' then $2 ->> 'heldBecause' else held_because end,
      extra_orders = coalesce(($2 ->> 'extraOrders')::integer, extra_orders),
      looked_at = coalesce(($2 ->> 'lookedAt')::timestamptz, looked_at)
    where sync = $1 returning sync`,
}

const setCursor = {
  name: 'syncs.setCursor',
  text: `update crosswalk.syncs set cursors = cursors || $2::jsonb where sync = $1 returning sync`,
}

const forgetCursors = {
  name: 'syncs.forgetCursors',
  text: `update crosswalk.syncs set cursors = '{}' where sync = $1 returning sync`,
}

const nameRecords = {
  name: 'syncs.nameRecords',
  text: `select crosswalk.name_records($1, $2, $3, $4, $5)`,
}

const takeAllowance = {
  name: 'syncs.takeAllowance',
  text: `select granted, used from crosswalk.take_allowance($1, $2, $3, $4)`,
}

const used = {
  name: 'syncs.used',
  text: `
    select coalesce(sum(orders), 0)::integer as used from crosswalk.allowances
    where sync = $1 and at > $2::timestamptz - interval '1 hour'`,
}

/** What a sync begins with. */
const unseen = { mode: 'live', mappings: null, heldBecause: null, extraOrders: 0, lookedAt: null, cursors: {} } as const

export function openSyncs(database: Database): Syncs {
  const change = async (statement: typeof set, sync: string, ...values: readonly string[]) => {
    const changed = await database.rows(statement, [sync, ...values])
    if (changed.length === 0) throw new Error(`The ledger does not know the sync "${sync}"; get it once before.`)
  }
  return {
    async get(sync, now) {
      const [state] = await database.rows<SyncState>(get, [sync])
      const [created] = state ? [state] : await database.rows<SyncState>(create, [sync, now])
      if (created === undefined) throw new Error(`The sync "${sync}" was not stored.`)
      return created
    },
    async peek(sync, now) {
      const [state] = await database.rows<SyncState>(get, [sync])
      return state ?? { ...unseen, sync, enabledAt: now }
    },
    async peekAll(syncs, now) {
      const known = new Map((await database.rows<SyncState>(some, [syncs])).map((state) => [state.sync, state]))
      return syncs.map((sync) => known.get(sync) ?? { ...unseen, sync, enabledAt: now })
    },
    set: (sync, changes) => change(set, sync, storedJson(changes)),
    setCursor: (sync, object, cursor) => change(setCursor, sync, storedJson({ [object]: cursor })),
    forgetCursors: (sync) => change(forgetCursors, sync),
    async nameRecords(sync, { connection, object }, watched, kind) {
      await database.rows(nameRecords, [sync, connection, object, watched, kind])
    },
    async takeAllowance(sync, wanted, perHour, now) {
      type Answer = Awaited<ReturnType<Syncs['takeAllowance']>>
      const [answer] = await database.rows<Answer>(takeAllowance, [sync, wanted, perHour, now])
      if (answer === undefined) throw new Error(`The allowance of sync "${sync}" could not be read.`)
      return answer
    },
    async used(sync, now) {
      const [row] = await database.rows<{ used: number }>(used, [sync, now])
      return row?.used ?? 0
    },
  }
}
