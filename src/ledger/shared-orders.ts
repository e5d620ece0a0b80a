import type { RecordRef } from '../core/ref.ts'
import type { SharedOrder, SharedOrders } from '../ports/ledger/shared-orders.ts'
import type { Database, Statement } from './database.ts'
import { lasting } from './lasting.ts'

const columns = `id, sync, connection, object, record_id as "recordId", created_by as "createdBy",
  created_at as "createdAt", ends_at as "endsAt", used_at as "usedAt"`

const add = {
  name: 'sharedOrders.add',
  text: `
    insert into crosswalk.shared_orders (digest, sync, connection, object, record_id, created_by, created_at, ends_at)
    values ($1, $2, $3, $4, $5, $6, statement_timestamp(), ${lasting('$7')}) returning ${columns}`,
}
const list = {
  name: 'sharedOrders.list',
  text: `
    select ${columns} from crosswalk.shared_orders
    where ends_at > statement_timestamp() and ($1::text is null or record_id = $1) order by id desc limit $2`,
}
const open = {
  name: 'sharedOrders.open',
  text: `
    with used as (
      update crosswalk.shared_orders set used_at = statement_timestamp()
      where digest = $1 and ends_at > statement_timestamp()
        and coalesce(used_at, '-infinity') < statement_timestamp() - interval '1 minute'
    )
    select ${columns} from crosswalk.shared_orders where digest = $1 and ends_at > statement_timestamp()`,
}
const end = {
  name: 'sharedOrders.end',
  text: `
    update crosswalk.shared_orders set ends_at = statement_timestamp()
    where id = $1 and ends_at > statement_timestamp() returning ${columns}`,
}

type Row = Omit<SharedOrder, 'ref'> & Omit<RecordRef, 'id'> & { readonly recordId: string }
const sharedOf = ({ connection, object, recordId, ...row }: Row): SharedOrder => ({
  ...row,
  ref: { connection, object, id: recordId },
})

export function openSharedOrders(database: Database): SharedOrders {
  const one = async (statement: Statement, values: readonly unknown[]) => {
    const [row] = await database.rows<Row>(statement, values)
    return row === undefined ? null : sharedOf(row)
  }
  return {
    async add({ digest, sync, ref, createdBy, lastsMs }) {
      const values = [Buffer.from(digest), sync, ref.connection, ref.object, ref.id, createdBy, lastsMs]
      const added = await one(add, values)
      if (added === null) throw new Error('no shared order was stored')
      return added
    },
    list: async ({ deal = null, max }: { deal?: string | null; max: number }) =>
      (await database.rows<Row>(list, [deal, max])).map(sharedOf),
    open: (digest) => one(open, [Buffer.from(digest)]),
    end: (id) => one(end, [id]),
  }
}
