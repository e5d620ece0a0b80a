import type { Fulfilment, Stage } from '../../../core/documents.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Failure } from '../../../core/problem.ts'
import { mapOutbound } from '../../../mapping/run/run.ts'
import { changedFields } from '../../../plan/difference.ts'
import type { Link, LinkUpdate } from '../../../ports/ledger/links.ts'
import type { Batch } from '../../bench/batch.ts'
import type { Deps } from '../../bench/deps.ts'
import { inParts } from '../../bench/in-parts.ts'
import type { Lookups } from '../../bench/lookups.ts'
import { fetchOrders, isOrder } from '../../bench/read-orders.ts'
import { versionFor } from '../../bench/version.ts'
import type { FulfilmentSync } from './sync.ts'

/** Whole calls of CRMs, which take a hundred or two. */
const partMax = 200

/**
 * Writes back onto the CRM's records how far their orders are, and what problem waits on a person. Compares with what
 * was last written, so that nothing is written twice.
 */
export async function deliverReports(
  sync: FulfilmentSync,
  batch: Batch,
  context: { shadow: boolean; lookups: Lookups; stillMine: () => void },
  deps: Deps,
): Promise<void> {
  const ids = batch.claims.map((claim) => claim.recordId)
  const [links, problems] = await Promise.all([
    deps.ledger.links.bySource(sync.of, 'order', ids),
    deps.ledger.problems.ofRecords(sync.of, ids),
  ])
  const bySource = new Map(links.map((link) => [link.sourceId, link]))
  for (const id of ids) if (!bySource.has(id) && !problems.has(id)) batch.settle(id, 'nothing to report')
  const linked = links.filter(
    (link): link is Link & { targetId: string } => link.state === 'linked' && link.targetId !== null,
  )
  const linkedBy = new Map(linked.map((link) => [link.sourceId, link]))
  const { fulfilment: mapping, reads } = sync
  const mapSome = await fetchOrders({ mapping, reads, whole: true }, sync.source, linked, deps)
  const due = ids.filter((id) => bySource.has(id) || problems.has(id))
  await inParts(
    due,
    async (part) => {
      const orders = await mapSome(part.flatMap((id) => linkedBy.get(id) ?? []))
      const rows = part.flatMap((id): Row[] => {
        const link = bySource.get(id) ?? null
        const order = link === null ? undefined : orders.get(link.id)
        const gone = order !== undefined && !isOrder(order) ? order : null
        if (gone !== null && gone.problem.kind !== 'record_gone') {
          batch.fail(id, gone)
          return []
        }
        return [{ id, link, order: isOrder(order) ? order : null, problem: problems.get(id) ?? gone }]
      })
      await write(sync, rows, batch, context, deps)
      if (!context.shadow) await batch.store()
    },
    partMax,
  )
}

interface Row {
  readonly id: string
  readonly link: Link | null
  readonly order: { fulfilment: Fulfilment; stage: Stage; version: string | null } | null
  readonly problem: Failure | null
}

async function write(
  sync: FulfilmentSync,
  rows: readonly Row[],
  batch: Batch,
  context: { shadow: boolean; lookups: Lookups; stillMine: () => void },
  deps: Deps,
): Promise<void> {
  const account = { ...(await sync.target.account()) }
  const withOrder = rows.filter((row) => row.order !== null)
  const mapped = await mapOutbound(
    sync.report,
    withOrder.map((row) => ({
      document: row.order?.fulfilment ?? null,
      op: 'update' as const,
      account,
      links: {},
    })),
    context.lookups.forBatch(),
    deps.evaluator,
  )
  const byId = new Map(withOrder.map((row, index) => [row.id, mapped[index]]))
  const due: { row: Row; fields: JsonObject; reported: JsonObject }[] = []
  for (const row of rows) {
    const result = byId.get(row.id)
    if (result?.ok === false) {
      if (result.failures[0] !== undefined) batch.fail(row.id, result.failures[0])
      continue
    }
    const problem = sync.report.problemField === null ? {} : { [sync.report.problemField]: problemText(row.problem) }
    const wanted: JsonObject = { ...result?.value.fields, ...problem }
    const before = row.link?.reported ?? {}
    const fields = changedFields(before, wanted)
    if (row.order !== null && row.link !== null && row.link.stage !== row.order.stage) {
      batch.link({ id: row.link.id, stage: row.order.stage, targetLabel: row.order.fulfilment.number })
      batch.note(row.id, 'stage', `The order is ${row.order.stage.replaceAll('_', ' ')}`, { stage: row.order.stage })
    }
    if (Object.keys(fields).length === 0) {
      batch.settle(row.id, 'unchanged')
      if (row.link !== null && !context.shadow) batch.link({ id: row.link.id, ...shownIn(sync, row) })
    } else due.push({ row, fields, reported: { ...before, ...wanted } })
  }
  if (context.shadow) {
    for (const { row } of due) batch.settle(row.id, 'would report')
    return
  }
  if (due.length === 0) return
  context.stillMine()
  const outcomes = await sync.target.use((connection) =>
    connection.write(
      due.map(({ row, fields }) => ({
        do: 'update',
        object: sync.report.object,
        id: row.id,
        key: null,
        fields,
        lines: null,
      })),
    ),
  )
  for (const [index, { row, fields, reported }] of due.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    if (!outcome.ok) {
      // A deal that is gone has nowhere to be reported to.
      if (outcome.failure.problem.kind === 'record_gone') batch.settle(row.id, 'gone')
      else batch.fail(row.id, outcome.failure)
      continue
    }
    if (row.link !== null) batch.link({ id: row.link.id, reported, ...shownIn(sync, row) })
    batch.note(row.id, 'reported', 'The deal shows it', fields)
    batch.settle(row.id, 'reported')
  }
}

/** The deal shows the order in this state: meeting it again is no reason to look. */
const shownIn = (sync: FulfilmentSync, { order }: Row): Pick<LinkUpdate, 'targetVersion'> =>
  order?.version == null ? {} : { targetVersion: versionFor(sync, order.version) }

const problemText = (failure: Failure | null): string | null =>
  failure === null ? null : `${failure.message} ${failure.fix}`.slice(0, 2000)
