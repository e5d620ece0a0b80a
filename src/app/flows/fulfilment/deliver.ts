import type { JsonObject } from '../../../core/json.ts'
import type { Failure } from '../../../core/problem.ts'
import { type RecordRef, refText } from '../../../core/ref.ts'
import { shortfallOf } from '../../../core/stage.ts'
import { wordsOfOrder } from '../../../core/words.ts'
import { mapOutbound } from '../../../mapping/run/run.ts'
import { decisionsOf } from '../../../plan/decisions.ts'
import { changedFields, writtenOf } from '../../../plan/difference.ts'
import { judgeDrift, type LineFields, toldFields } from '../../../plan/drift.ts'
import type { Link, LinkUpdate } from '../../../ports/ledger/links.ts'
import type { Bench } from '../../bench/bench.ts'
import { inParts } from '../../bench/in-parts.ts'
import { together } from '../../bench/together.ts'
import { versionFor } from '../../bench/version.ts'
import { fetchOrders, isForgotten, isOrder, type OrderNow, placed } from '../order-now.ts'
import { type FulfilmentSync, reportedKind } from './sync.ts'

/** What CRMs take in one call: 100 or 200 records. */
const partMax = 200

/**
 * Writes back to the CRM's records how far their orders are, and the problem that needs a person. Writes only the difference to
 * what was last written.
 */
export async function deliverReports(sync: FulfilmentSync, bench: Bench): Promise<void> {
  const { batch } = bench
  const { of } = sync.config
  const refs = batch.claims.map((claim) => claim.ref)
  const [links, problems] = await together([
    bench.links.bySource(of, reportedKind, refs),
    bench.problems.ofRecords(of, refs),
  ])
  const byRef = new Map(links.map((link) => [refText(link.source.ref), link]))
  // One of which nothing is known any more waited on a problem, which the record of the CRM still shows.
  const concerns = (ref: RecordRef) => bench.mode === 'live' || byRef.has(refText(ref)) || problems.has(refText(ref))
  for (const ref of refs) if (!concerns(ref)) batch.done(ref, 'left_out')
  if (bench.sourcePausedMs !== null) return deliverProblems(sync, refs.filter(concerns), byRef, problems, bench)
  const { fulfilment: mapping, reads } = sync
  const orderOf = (ref: RecordRef) => {
    const link = byRef.get(refText(ref))
    return link === undefined ? null : placed(link)
  }
  const mapSome = await fetchOrders(
    { mapping, reads, whole: true },
    'source',
    refs.flatMap((ref) => orderOf(ref) ?? []),
    bench,
  )
  const { lineFields } = bench.source.connection.writes[sync.fulfilment.object] ?? {}
  const told = toldFields(lineFields, sync.fulfilment.fills)
  await inParts(
    refs.filter(concerns),
    async (part) => {
      const orders = await mapSome(part.flatMap((ref) => orderOf(ref) ?? []))
      const rows = part.flatMap((ref): Row[] => {
        const link = byRef.get(refText(ref)) ?? null
        const order = link === null ? undefined : orders.get(link.id)
        const gone = order !== undefined && !isOrder(order) ? order : null
        if (gone !== null && gone.problem.kind !== 'record_gone') {
          batch.fail(ref, gone)
          return []
        }
        const problem = problems.get(refText(ref)) ?? gone
        return [{ ref, link, order: isOrder(order) ? order : null, problem }]
      })
      for (const row of rows)
        if (bench.mode === 'live') tellDrift(sync, told, row, problems.get(refText(row.ref)) ?? null, bench)
      await write(sync, rows, bench)
      if (bench.mode === 'live') await batch.store()
    },
    partMax,
  )
}

/** While the ERP cannot be asked, a deal is told what it waits on all the same, and of its order later. */
async function deliverProblems(
  sync: FulfilmentSync,
  refs: readonly RecordRef[],
  links: ReadonlyMap<string, Link>,
  problems: ReadonlyMap<string, Failure>,
  bench: Bench,
): Promise<void> {
  const rows = refs.map((ref): Row => {
    const link = links.get(refText(ref)) ?? null
    return { ref, link, order: null, problem: problems.get(refText(ref)) ?? null }
  })
  const hasOrder = ({ link }: Row) => link !== null && placed(link) !== null
  // What else could be wrong with an order only reading it would tell.
  const telling = rows.filter((row) => row.problem !== null || !hasOrder(row))
  await inParts(telling, (part) => write(sync, part, bench), partMax)
  for (const row of rows.filter(hasOrder)) bench.batch.settle(row.ref, { later: bench.sourcePausedMs ?? 0 })
}

interface Row {
  readonly ref: RecordRef
  readonly link: Link | null
  readonly order: OrderNow | null
  readonly problem: Failure | null
}
/**
 * Has the deal's own sync look at an order that does not hold what was written, or does again: it knows what the deal says, and
 * raises the problem.
 * @param fields  that the document of the order tells @param problem  that the deal waits on
 */
function tellDrift(
  { config: { of } }: FulfilmentSync,
  fields: LineFields,
  { ref, link, order }: Row,
  problem: Failure | null,
  bench: Bench,
): void {
  const written = link === null ? null : writtenOf(link.target.written)
  if (link === null || order === null || written === null || fields.product === undefined) return
  if (order.stage === 'paid' || order.stage === 'cancelled') return
  const lines = Object.entries(written.lines).map(([key, own]) => ({ key, fields: own }))
  const held = { lines: order.fulfilment.lines, currency: order.fulfilment.totals?.currency ?? '' }
  const { found } = judgeDrift(written, { lines, words: { lines: {} } }, held, fields, decisionsOf(link.decisions))
  const known = problem?.problem.kind === 'order_drifted' ? problem.problem.differences : []
  const isKnown = found.every((one) => known.some((told) => told.place === one.place && told.actual === one.actual))
  const isOver = found.length === 0
  if (isOver ? !link.suspect : isKnown && link.suspect) return
  if (!isOver) bench.batch.link({ id: link.id, suspect: true })
  bench.batch.ask(of, ref)
}

interface Due {
  readonly row: Row
  readonly fields: JsonObject
  readonly reported: JsonObject
}

async function write(sync: FulfilmentSync, rows: readonly Row[], bench: Bench): Promise<void> {
  const { batch } = bench
  const account = { ...(await bench.target.account()) }
  const withOrder = rows.filter((row) => row.order !== null)
  const mapped = await mapOutbound(
    sync.report,
    withOrder.map(({ order }) => ({
      document: order?.fulfilment ?? null,
      op: 'update' as const,
      account,
      links: {},
    })),
    bench.lookups,
    bench.deps.evaluator,
  )
  const results = new Map(withOrder.map((row, index) => [row, mapped[index]]))
  const due: Due[] = []
  for (const row of rows) {
    if (row.link !== null && isForgotten(row.link) && (row.order === null || row.order.stage === row.link.stage)) {
      batch.done(row.ref, 'unchanged')
      continue
    }
    const result = results.get(row)
    if (result?.ok === false) {
      batch.fail(row.ref, result.failures[0])
      continue
    }
    const { problemField } = sync.report
    const problem = problemField === null ? {} : { [problemField]: problemText(row.problem) }
    const wanted: JsonObject = { ...result?.value.fields, ...problem }
    const before = row.link?.source.written ?? {}
    // A problem may be older than the link, in which what was written is kept.
    const isShown = problemField === null || Object.hasOwn(before, problemField)
    const fields = { ...changedFields(before, wanted), ...(isShown ? {} : problem) }
    if (bench.mode === 'live' && row.order !== null && row.link !== null && row.link.stage !== row.order.stage) {
      batch.link({ id: row.link.id, stage: row.order.stage, target: { label: row.order.fulfilment.number } })
      const short = shortfallOf(row.order.fulfilment)
      const less = short.length === 0 ? '' : `; less than was ordered: ${short.join(', ')}`
      const text = `The order is ${row.order.stage.replaceAll('_', ' ')}${less}`
      batch.note(row.ref, 'stage', text, { stage: row.order.stage, ...(short.length === 0 ? {} : { short }) })
    }
    if (Object.keys(fields).length === 0) {
      batch.done(row.ref, 'unchanged')
      if (row.link !== null) batch.link({ id: row.link.id, ...shownIn(sync, row) })
    } else due.push({ row, fields, reported: { ...before, ...wanted } })
  }
  if (bench.mode !== 'live') {
    for (const { row } of due) batch.done(row.ref, 'planned')
    return
  }
  await report(sync, due, bench)
}

async function report(sync: FulfilmentSync, due: readonly Due[], bench: Bench): Promise<void> {
  const { batch } = bench
  const outcomes = await bench.send(
    'target',
    due.map(({ row, fields }) => ({
      do: 'update',
      object: sync.report.object,
      id: row.ref.id,
      key: null,
      fields,
      lines: null,
    })),
  )
  for (const [index, { row, fields, reported }] of due.entries()) {
    const outcome = outcomes[index]
    if (outcome?.ok === false) {
      // The deal is gone: there is nothing to write back to.
      if (outcome.failure.problem.kind === 'record_gone') batch.done(row.ref, 'left_out')
      else batch.fail(row.ref, outcome.failure)
      continue
    }
    if (row.link !== null) batch.link({ id: row.link.id, source: { written: reported }, ...shownIn(sync, row) })
    batch.note(row.ref, 'reported', 'Written back to the deal', fields)
    batch.done(row.ref, 'reported')
  }
}

/** What the order is found by. The deal shows this version of it: a change that leads to it again is an echo. */
function shownIn(sync: FulfilmentSync, { order }: Row): Pick<LinkUpdate, 'target'> {
  if (order === null) return {}
  const version = order.version === null ? {} : { version: versionFor(sync, order.version) }
  return { target: { words: wordsOfOrder(order.fulfilment), ...version } }
}

const problemText = (failure: Failure | null): string | null =>
  failure === null ? null : `${failure.message} ${failure.fix}`.slice(0, 2000)
