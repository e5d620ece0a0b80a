import type { Deps } from '../bench/deps.ts'
import type { FulfilmentSync } from '../flows/fulfilment/sync.ts'
import type { Sync } from '../flows/sync.ts'

/**
 * Notices what changed in the configuration since this sync last ran. A switch from shadow to live looks at everything
 * since the beginning again, as the shadow wrote nothing; changed mappings release every record that waits on a problem,
 * as it may now get across.
 */
export async function noticeChanges(sync: Sync, deps: Deps): Promise<void> {
  const { ledger, log } = deps
  const state = await ledger.syncs.get(sync.name, deps.clock.now())
  const { mode } = sync.config
  if (state.mode === mode && state.mappings === sync.digest) return
  if (state.mode === 'shadow' && mode === 'live') {
    await ledger.syncs.setCursor(sync.name, null)
    if (sync.document === 'fulfilment') await reportAll(sync, deps)
    log.info('sync goes live', { sync: sync.name })
  }
  if (state.mappings !== null && state.mappings !== sync.digest) {
    for (const problem of await ledger.problems.list({ sync: sync.name, max: 10_000 })) {
      const records = await ledger.problems.waiting(problem.id, 100_000)
      await ledger.inbox.add(sync.name, records, { lane: 'retry' })
      log.info('released', { sync: sync.name, problem: problem.id, records: records.length })
    }
  }
  await ledger.syncs.set(sync.name, { mode, mappings: sync.digest })
}

/** Nothing was written back in shadow mode: all orders and all problems are due. */
async function reportAll(sync: FulfilmentSync, { ledger }: Deps): Promise<void> {
  for (const problem of await ledger.problems.list({ sync: sync.of, max: 10_000 })) {
    await ledger.inbox.add(sync.name, await ledger.problems.waiting(problem.id, 100_000), { lane: 'retry' })
  }
  let after: string | undefined
  for (;;) {
    const page = await ledger.links.list({
      sync: sync.of,
      kind: 'order',
      state: 'linked',
      max: 1000,
      ...(after === undefined ? {} : { after }),
    })
    await ledger.inbox.add(
      sync.name,
      page.map((link) => link.sourceId),
      { lane: 'backfill' },
    )
    after = page.at(-1)?.id
    if (page.length < 1000) return
  }
}
