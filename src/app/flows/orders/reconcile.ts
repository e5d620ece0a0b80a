import { type RecordRef, refsOf, refText } from '../../../core/ref.ts'
import type { Instant } from '../../../core/time.ts'
import { mapInbound } from '../../../mapping/run/run.ts'
import { keyOf } from '../../../plan/key.ts'
import { belongs, type Dating, datingFields } from '../../../plan/plan.ts'
import type { Deps } from '../../bench/deps.ts'
import { queueAsRun } from '../../bench/own-run.ts'
import { intend } from '../../bring/intend.ts'
import type { Backfilled, Reconciliation } from '../flow.ts'
import { placed } from '../order-now.ts'
import type { DealSync } from './sync.ts'
import { watchOf } from './watch.ts'

/** Under which it is kept that the ledger is older than the ERP's orders: comparing both mends it. */
export const behind = 'ledger_behind'

/** Records handled at a time, so that memory does not grow with their number. */
const pageSize = 500

/** Of these records, those whose deal is to be delivered, as a delivery would judge them. */
type Judge = (ids: readonly string[]) => Promise<readonly RecordRef[]>

async function judgeFor(sync: DealSync, wanted: (deal: Dating) => boolean, deps: Deps): Promise<Judge> {
  const source = sourceOf(sync)
  const narrow = sync.deal.only(['id', ...datingFields])
  const account = { ...(await source.account()) }
  return async (ids) => {
    const records = await source.use((connection) => connection.read(sync.deal.object, ids, narrow.reads))
    const present = ids.flatMap((id, index) => {
      const record = records[index] ?? null
      return record === null ? [] : [{ id, record }]
    })
    const mapped = await mapInbound<Dating>(
      narrow,
      present.map((one) => one.record),
      account,
      deps.evaluator,
    )
    const chosen = present.filter((_, index) => {
      const result = mapped[index]
      // One that does not map is queued as well: then it becomes a problem that says why.
      return result === undefined || !result.ok || wanted(result.value)
    })
    return refsOf(
      sync.records,
      chosen.map(({ id }) => id),
    )
  }
}

const sourceOf = (sync: DealSync) => sync.source.within({ lane: 'backfill', mayWrite: false })

/** Reads all records that changed since an instant and yields those that are to be delivered, in pages. */
async function* changed(sync: DealSync, from: Instant, judge: Judge): AsyncIterable<readonly RecordRef[]> {
  const seen = new Set<string>()
  for await (const page of sourceOf(sync).changes(watchOf(sync), { from })) {
    for (let start = 0; start < page.ids.length; start += pageSize) {
      const ids = [...new Set(page.ids.slice(start, start + pageSize))].filter((id) => !seen.has(id))
      for (const id of ids) seen.add(id)
      yield judge(ids)
    }
  }
}

async function* wonSince(sync: DealSync, from: Instant, deps: Deps): AsyncIterable<readonly RecordRef[]> {
  yield* changed(sync, from, await judgeFor(sync, (deal) => belongs(deal, from) === 'yes', deps))
}

async function* wonAmong(sync: DealSync, ids: readonly string[], deps: Deps): AsyncIterable<readonly RecordRef[]> {
  const judge = await judgeFor(sync, (deal) => deal.won, deps)
  yield judge([...new Set(ids)])
}

/** Of these, the deals that have an order or are to get one, as a delivery would judge them. */
export async function concerned(
  sync: DealSync,
  records: readonly RecordRef[],
  deps: Deps,
): Promise<readonly RecordRef[]> {
  const { ledger, clock } = deps
  const { enabledAt } = await ledger.syncs.peek(sync.name, clock.now())
  const from = sync.config.since ?? enabledAt
  const links = await ledger.links.bySource(sync.name, sync.orders.name, records)
  const linked = new Set(links.map((link) => refText(link.source.ref)))
  const judge = await judgeFor(sync, (deal) => belongs(deal, from) === 'yes', deps)
  const others: RecordRef[] = []
  const open = records.filter((ref) => !linked.has(refText(ref))).map(({ id }) => id)
  for (let start = 0; start < open.length; start += pageSize)
    others.push(...(await judge(open.slice(start, start + pageSize))))
  return [...records.filter((ref) => linked.has(refText(ref))), ...others]
}

/**
 * Queues won deals from an instant on, or those that are named whenever they were won, that have no order yet, in a lane
 * below live traffic. Resumable: what is queued stays queued, and a second backfill queues nothing twice.
 */
export async function backfill(
  sync: DealSync,
  options: Backfilled & { dryRun: boolean; actor: string | null },
  deps: Deps,
): Promise<{ found: number }> {
  const { ledger, clock } = deps
  const run = options.dryRun ? null : await ledger.runs.start(sync.name, 'backfill', clock.now(), options.actor)
  return ended(run, deps, async () => {
    const account = await sourceOf(sync).account()
    let found = 0
    const pages = 'ids' in options ? wonAmong(sync, options.ids, deps) : wonSince(sync, options.from, deps)
    for await (const refs of pages) {
      const links = await ledger.links.bySource(sync.name, sync.orders.name, refs)
      const linked = new Set(links.filter((link) => placed(link) !== null).map((link) => refText(link.source.ref)))
      const missing = refs.filter((ref) => !linked.has(refText(ref)))
      found += missing.length
      if (run === null || missing.length === 0) continue
      await ledger.inTransaction(async (tx) => {
        if (sync.config.mode === 'live') {
          // The intent says that the deal is to be delivered, however old it is and even if the hint is lost.
          const subjects = missing.map((ref) => ({
            ref,
            key: keyOf({ system: sync.source.system, account: account.id }, 'deal', ref.id),
            label: null,
          }))
          await intend(sync.orders, subjects, { links: tx.links, target: sync.target })
        }
        await tx.inbox.add(sync.name, missing, { lane: 'backfill', run })
        await tx.runs.count(run, { found: missing.length })
      })
    }
    return { found }
  })
}

/** Does the work of a run (null where there is none to keep) and finishes it, however that ends. */
async function ended<T>(run: string | null, { ledger, clock }: Deps, work: () => Promise<T>): Promise<T> {
  if (run === null) return work()
  try {
    const result = await work()
    await ledger.runs.finish(run, { state: 'done', reason: null, now: clock.now() })
    return result
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    await ledger.runs.finish(run, { state: 'stopped', reason, now: clock.now() })
    throw error
  }
}

/**
 * Compares every won deal since the sync began with the links, and queues every open order to be read anew. `mend`
 * queues what is missing or extra; delivery then decides as always.
 */
export async function reconcile(
  sync: DealSync,
  options: { mend: boolean; actor: string | null },
  deps: Deps,
): Promise<Reconciliation> {
  const { ledger, clock } = deps
  const state = await ledger.syncs.get(sync.name, clock.now())
  const from = sync.config.since ?? state.enabledAt
  const run = options.mend ? await ledger.runs.start(sync.name, 'reconcile', clock.now(), options.actor) : null
  return ended(run, deps, async () => {
    const won = new Set<string>()
    const missing: RecordRef[] = []
    const asks = sync.config.policies.undated === 'ask'
    const judge = await judgeFor(
      sync,
      (deal) => {
        const answer = belongs(deal, from)
        return answer === 'yes' || (asks && answer === 'undated')
      },
      deps,
    )
    for await (const refs of changed(sync, from, judge)) {
      const links = new Map(
        (await ledger.links.bySource(sync.name, sync.orders.name, refs)).map((link) => [
          refText(link.source.ref),
          link,
        ]),
      )
      const problems = await ledger.problems.ofRecords(sync.name, refs)
      for (const ref of refs) {
        const name = refText(ref)
        won.add(name)
        if (links.get(name)?.state !== 'linked' && !problems.has(name)) missing.push(ref)
      }
    }
    const extra: RecordRef[] = []
    let linked = 0
    let after: string | undefined
    for (;;) {
      const page = await ledger.links.list({
        sync: sync.name,
        kind: sync.orders.name,
        state: 'linked',
        max: 1000,
        ...(after === undefined ? {} : { after }),
      })
      for (const { source, createdAt, stage } of page) {
        linked += 1
        if (!won.has(refText(source.ref)) && createdAt >= from && stage !== 'cancelled') extra.push(source.ref)
      }
      const open = page
        .filter((link) => link.stage !== 'paid' && link.stage !== 'cancelled')
        .map((one) => one.source.ref)
      if (options.mend) {
        const how = { kind: 'reconcile', lane: 'backfill', actor: options.actor, at: clock.now() } as const
        // What somebody changed in an order is seen by who reads it: the fed sync, or this one where nothing is written back.
        await queueAsRun(sync.feeds ?? sync.name, open, how, ledger)
      }
      after = page.at(-1)?.id
      if (page.length < 1000 || after === undefined) break
    }
    const queued = options.mend ? [...missing, ...extra] : []
    if (queued.length > 0) await ledger.inbox.add(sync.name, queued, { lane: 'retry', run })
    if (run !== null) await ledger.runs.count(run, { found: queued.length })
    if (options.mend) await ledger.problems.close(sync.name, [behind], { how: 'compared', by: options.actor })
    const idsOf = (refs: readonly RecordRef[]) => refs.map((ref) => ref.id)
    return { won: won.size, linked, missing: idsOf(missing), extra: idsOf(extra), mended: queued.length }
  })
}
