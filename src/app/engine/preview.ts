import type { Json, JsonObject } from '../../core/json.ts'
import { type Disagreement, type Failure, SyncError } from '../../core/problem.ts'
import type { Lineage } from '../../mapping/run/run.ts'
import type { Lane } from '../../ports/http.ts'
import { openBatch } from '../bench/batch.ts'
import { openBench, type Plan, type PlannedBelow, type PlannedCustomer, type PlannedTotals } from '../bench/bench.ts'
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
  readonly lines: readonly PreviewLine[]
  /** Lines of the order that the deal no longer has. */
  readonly gone: readonly { readonly key: string; readonly now: JsonObject }[]
  /** What somebody changed in the order, and nobody has decided about. */
  readonly differences: readonly Disagreement[]
  /** Whose order it is; null for a record that has no customer, or when that is what the problem is about. */
  readonly customer: PreviewCustomer | null
  /** Addresses and contacts of the record, below its customer. */
  readonly below: readonly PreviewBelow[]
  /** What the deal says beside what the order says now, which is null for one that is not there. */
  readonly totals: PlannedTotals | null
  readonly failures: readonly Failure[]
}
export interface PreviewField {
  readonly field: string
  readonly rule: string
  readonly source: string
  readonly value: Json
  /** What people call the record that `value` is the id of. */
  readonly name: string | null
  /** Whether it differs from what was written last; null for a record that is not changed. */
  readonly changed: boolean | null
  readonly note: string | null
}
interface PreviewLine {
  readonly key: string
  readonly fields: JsonObject
  /** By field that holds an id: what people call the record. */
  readonly names: Readonly<Record<string, string>>
  /** Fields that differ from what was written last; all of a new line. Null for a record that is not changed. */
  readonly changed: readonly string[] | null
  /** The same line of the order as it is now; null for one that is not there, or not read. */
  readonly now: JsonObject | null
}
interface PreviewCustomer extends Omit<PlannedCustomer, 'fields'> {
  readonly fields: readonly PreviewField[]
}
interface PreviewBelow extends Omit<PlannedBelow, 'fields'> {
  readonly fields: readonly PreviewField[]
}

/**
 * A dry run: delivers one record on a bench that writes nothing, neither to the systems nor to the ledger, and shows what a live
 * one would have done, with the lineage of each value.
 * @throws SyncError `record_gone` when the source has no such record
 */
export async function preview(sync: Sync, recordId: string, { lane }: { lane: Lane }, deps: Deps): Promise<Preview> {
  await mustBeThere(sync, recordId, lane)
  const [shown] = await previewAll(sync, [recordId], { lane }, deps)
  if (shown === undefined) throw new Error(`the preview of ${recordId} shows nothing`)
  return shown
}

/** Of several records in one batch, in their order; of one that the source no longer has it tells a problem. */
export async function previewAll(
  sync: Sync,
  recordIds: readonly string[],
  { lane }: { lane: Lane },
  deps: Deps,
): Promise<readonly Preview[]> {
  const now = deps.clock.now()
  const refs = recordIds.map((id) => ({ ...sync.records, id }))
  const claims = refs.map((ref) => ({
    sync: sync.name,
    ref,
    lane,
    run: null,
    attempts: 0,
    worker: deps.worker,
    version: '0',
    hintedAt: now,
  }))
  const batch = openBatch({ sync: sync.name, feeds: null, claims }, deps)
  const plans = new Map<string, Plan>()
  const bench = openBench(
    {
      mode: 'preview',
      // The timeline is for deliveries alone.
      batch: { ...batch, store: async () => undefined },
      state: await deps.ledger.syncs.peek(sync.name, now),
      scope: { lane, mayWrite: false },
      source: sync.source,
      target: sync.target,
      lookups: openLookups(sync.target, deps.clock),
      guard: async () => null,
      stillMine: () => undefined,
      planned(ref, made) {
        plans.set(ref.id, made)
      },
    },
    deps,
  )
  await sync.deliver(bench)
  return refs.map((ref) => shown(sync, ref.id, plans.get(ref.id) ?? null, batch.outcomeOf(ref)))
}

async function mustBeThere(sync: Sync, recordId: string, lane: Lane): Promise<void> {
  const { connection, object } = sync.records
  const end = (connection === sync.source.name ? sync.source : sync.target).within({ lane, mayWrite: false })
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
  const { lineage = [], customer = null, below = [], difference = null, lines = [], now = null } = plan ?? {}
  const wanted = new Set(lines.map(({ key }) => key))
  const plainly = (one: Lineage) => fieldOf(one, null)
  return {
    sync: sync.name,
    recordId,
    action: failures.length > 0 ? 'problem' : leftOut ? 'left out' : (plan?.action ?? 'nothing'),
    label: plan?.label ?? recordId,
    order: plan?.target ?? null,
    fields: lineage
      .filter((one) => !one.field.includes('['))
      .map((one) => fieldOf(one, difference === null ? null : Object.hasOwn(difference.fields, one.field))),
    lines: lines.map(({ key, fields }) => {
      const changed = difference?.upsert.find((line) => line.key === key)?.fields ?? {}
      return {
        key,
        fields,
        names: namesOf(fields, lineage),
        changed: difference === null ? null : Object.keys(changed),
        now: now?.lines[key] ?? null,
      }
    }),
    gone: Object.entries(now?.lines ?? {}).flatMap(([key, line]) => (wanted.has(key) ? [] : [{ key, now: line }])),
    differences: now?.differences ?? [],
    customer: customer === null ? null : { ...customer, fields: customer.fields.map(plainly) },
    below: below.map((one) => ({ ...one, fields: one.fields.map(plainly) })),
    totals: plan?.totals ?? null,
    failures,
  }
}

const fieldOf = ({ field, rule, source, value, name, note }: Lineage, changed: boolean | null): PreviewField => ({
  field,
  rule,
  source,
  value,
  name,
  changed,
  note,
})

/** An id in a line stands for the same record wherever it was looked up. */
function namesOf(fields: JsonObject, lineage: readonly Lineage[]): Record<string, string> {
  const names: Record<string, string> = {}
  for (const [field, value] of Object.entries(fields)) {
    const found = lineage.find((one) => one.name !== null && one.value === value && one.field.endsWith(`].${field}`))
    if (found?.name != null) names[field] = found.name
  }
  return names
}
