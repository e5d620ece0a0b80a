import type { RecordRef } from '../../core/ref.ts'
import type { Deps } from '../bench/deps.ts'
import { queueAsRun } from '../bench/own-run.ts'
import type { Sync } from '../flows/flow.ts'

/**
 * Takes note of what changed in the configuration since this sync last ran. A switch from shadow to live forgets the cursors, so
 * that everything since the beginning is detected again, as shadow mode wrote nothing. Changed mappings release every record that
 * waits on a problem, as it may succeed now.
 */
export async function noticeChanges(sync: Sync, deps: Deps): Promise<void> {
  const { ledger, clock, log } = deps
  const state = await ledger.syncs.get(sync.name, clock.now())
  const { mode } = sync.config
  if (state.mode === mode && state.mappings === sync.digest) return
  if (state.mode === 'shadow' && mode === 'live') {
    await ledger.syncs.forgetCursors(sync.name)
    await sync.whenLive?.(deps)
    log.info('sync goes live', { sync: sync.name })
  }
  if (state.mappings !== null && state.mappings !== sync.digest) {
    const released: RecordRef[] = []
    for (const problem of await ledger.problems.list({ sync: sync.name, max: 10_000 })) {
      const records = await ledger.problems.waiting(problem.id, 100_000)
      released.push(...records)
      await ledger.problems.tried(sync.name, records, { how: 'mappings_changed', by: null })
      log.info('released', { sync: sync.name, problem: problem.id, records: records.length })
    }
    await queueAsRun(sync.name, released, { kind: 'retry', lane: 'retry', actor: null, at: clock.now() }, ledger)
  }
  await ledger.syncs.set(sync.name, { mode, mappings: sync.digest })
}
