import type { Instant } from '../core/time.ts'
import type { Keep, Retention } from '../ports/ledger/retention.ts'
import { archiveLinks } from './archive.ts'
import type { Database, Statement } from './database.ts'
import { cutTimelines } from './retention/cut.ts'
import { purge } from './retention/purge.ts'
import { type Rule, rules } from './retention/rules.ts'

const take = {
  name: 'retention.take',
  // A time to come is that of a clock that was put back since.
  text: `
    insert into crosswalk.upkeep as known (task, begun_at) values ($1, statement_timestamp())
    on conflict (task) do update set begun_at = excluded.begun_at
    where known.begun_at not between excluded.begun_at - $2 * interval '1 millisecond' and excluded.begun_at
    returning 1`,
}

const mark = (table: 'syncs' | 'connections', column: string): Statement => ({
  name: `retention.mark.${table}`,
  text: `
    update crosswalk.${table} set gone_since = case when ${column} = any($1) then null else statement_timestamp() end
    where (${column} = any($1)) = (gone_since is not null)`,
})
const markSyncs = mark('syncs', 'sync')
const markConnections = mark('connections', 'connection')

export function openRetention(database: Database): Retention {
  async function go(table: string, rule: Rule, keep: Keep, now: Instant): Promise<number> {
    switch (rule.by) {
      case 'age':
        return purge(database, table, rule.where, [now, keep[rule.days]])
      case 'name':
        return purge(database, table, rule.where, [keep.configured[rule.of], keep.unconfigured])
      case 'number':
      case 'end':
        return purge(database, table, rule.where, [])
      case 'reason':
        return 0
    }
  }
  return {
    take: async (task, restMs) => (await database.rows(take, [task, restMs])).length > 0,
    async purge(keep, now) {
      await database.rows(markSyncs, [keep.configured.syncs])
      await database.rows(markConnections, [keep.configured.connections])
      const gone: Record<string, number> = {}
      for (const [table, rule] of Object.entries(rules)) {
        const rows = await go(table, rule, keep, now)
        if (rows > 0) gone[table] = rows
      }
      const cut = await cutTimelines(database, keep.timelineEntries)
      if (cut > 0) gone.timeline = (gone.timeline ?? 0) + cut
      return gone
    },
    archive: ({ links }, now) => archiveLinks(database, links, now),
  }
}
