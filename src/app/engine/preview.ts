import type { Json, JsonObject } from '../../core/json.ts'
import { type Failure, SyncError } from '../../core/problem.ts'
import { openBatch } from '../bench/batch.ts'
import { openBench, type Plan } from '../bench/bench.ts'
import type { Deps } from '../bench/deps.ts'
import { openLookups } from '../bench/lookups.ts'
import type { Sync } from '../flows/flow.ts'

export interface Preview {
  readonly sync: string
  readonly recordId: string
  /** What would happen: `create`, `update`, `confirm`, `cancel`, `nothing`, `left out`, `problem`. */
  readonly action: string
  readonly label: string
  readonly order: { readonly number: string | null; readonly id: string } | null
  readonly fields: readonly PreviewField[]
  readonly lines: readonly { readonly key: string; readonly fields: JsonObject }[]
  readonly failures: readonly Failure[]
}
interface PreviewField {
  readonly field: string
  readonly rule: string
  readonly source: string
  readonly value: Json
  readonly note: string | null
}

/**
 * A dry run: delivers one record on a bench that writes nothing, neither to the systems nor to the ledger, and shows what a live
 * one would have done, with the lineage of each value.
 * @throws SyncError `record_gone` when the source has no such record
 */
export async function preview(sync: Sync, recordId: string, deps: Deps): Promise<Preview> {
  const ref = { ...sync.records, id: recordId }
  await mustBeThere(sync, recordId)
  const now = deps.clock.now()
  const claim = {
    sync: sync.name,
    ref,
    lane: 'live' as const,
    run: null,
    attempts: 0,
    worker: deps.worker,
    version: '0',
    hintedAt: now,
  }
  const batch = openBatch({ sync: sync.name, feeds: null, claims: [claim] }, deps)
  let plan: Plan | null = null
  const bench = openBench(
    {
      mode: 'preview',
      // The timeline is for deliveries alone.
      batch: { ...batch, store: async () => undefined },
      state: await deps.ledger.syncs.peek(sync.name, now),
      scope: { lane: 'live', mayWrite: false },
      source: sync.source,
      target: sync.target,
      lookups: openLookups(sync.target, deps.clock),
      guard: async () => null,
      stillMine: () => undefined,
      planned(_ref, made) {
        plan = made
      },
    },
    deps,
  )
  await sync.deliver(bench)
  return shown(sync, recordId, plan, batch.outcomeOf(ref))
}

async function mustBeThere(sync: Sync, recordId: string): Promise<void> {
  const { connection, object } = sync.records
  const end = (connection === sync.source.name ? sync.source : sync.target).within({ lane: 'live', mayWrite: false })
  const [record] = await end.use((opened) => opened.read(object, [recordId], ['id']))
  if (record != null) return
  throw new SyncError(`${connection} has no ${object} "${recordId}"`, {
    problem: { kind: 'record_gone', object, id: recordId },
    fix: 'Check the id: it is the last number in the address of the deal.',
  })
}

function shown(
  sync: Sync,
  recordId: string,
  plan: Plan | null,
  outcome: ReturnType<ReturnType<typeof openBatch>['outcomeOf']>,
): Preview {
  const failures = outcome !== null && 'failed' in outcome ? [outcome.failed] : []
  const leftOut = outcome !== null && 'done' in outcome && outcome.done === 'left_out'
  return {
    sync: sync.name,
    recordId,
    action: failures.length > 0 ? 'problem' : leftOut ? 'left out' : (plan?.action ?? 'nothing'),
    label: plan?.label ?? recordId,
    order: plan?.target ?? null,
    fields: (plan?.lineage ?? []).map(({ field, rule, source, value, note }) => ({ field, rule, source, value, note })),
    lines: plan?.lines ?? [],
    failures,
  }
}
