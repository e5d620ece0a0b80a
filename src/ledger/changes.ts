import { type Changes, type Topic, topics } from '../ports/ledger/changes.ts'
import type { Database } from './database.ts'

// A sequence that was never moved has the value of one that was moved once.
const versions = {
  name: 'changes.versions',
  text: `select ${topics
    .map((topic) => `(select concat(last_value, is_called) from crosswalk.changed_${topic}) as ${topic}`)
    .join(', ')}`,
}

// A number of one's own is above those of all transactions under way; the end of the snapshot is not.
const moment = {
  name: 'changes.moment',
  text: `select pg_snapshot_xmin(pg_current_snapshot())::text as oldest, pg_current_xact_id()::text as next`,
}

export function openChanges(database: Database): Changes {
  return {
    async look() {
      const [found] = await database.rows<Record<Topic, string>>(versions, [])
      // After the versions, so that the moment knows of every transaction that has moved one.
      const [at] = await database.rows<{ oldest: string; next: string }>(moment, [])
      if (found === undefined || at === undefined) throw new Error('PostgreSQL does not say what has changed.')
      return { versions: found, oldest: BigInt(at.oldest), next: BigInt(at.next) }
    },
  }
}
