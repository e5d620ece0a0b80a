import { type RecordRef, refsOf, refText } from '../../core/ref.ts'
import type { Exceptions } from '../../ports/ledger/certificates.ts'
import type { Deps } from '../bench/deps.ts'
import type { Reconciliation, Sync } from '../flows/flow.ts'

/** Exceptions that a certificate names; all are counted. */
const namesMax = 100

/** Keeps what the comparison of a sync found, signed: won deals, orders, and by name whatever is not as it should be. */
export async function certify(sync: Sync, found: Reconciliation, deps: Pick<Deps, 'ledger' | 'clock'>): Promise<void> {
  const { ledger, clock } = deps
  const state = await ledger.syncs.get(sync.name, clock.now())
  const named = async (refs: readonly RecordRef[], count: number): Promise<Exceptions> => {
    const some = refs.slice(0, namesMax)
    const links = sync.kind === null ? [] : await ledger.links.bySource(sync.name, sync.kind, some)
    const labels = new Map(links.map((link) => [refText(link.source.ref), link.source.label]))
    return { count, named: some.map((ref) => ({ id: ref.id, label: labels.get(refText(ref)) ?? null })) }
  }
  const problems = (await ledger.problems.list({ sync: sync.name, max: 10_000 })).filter((one) => one.waiting > 0)
  const waiting: RecordRef[] = []
  for (const { id } of problems) {
    if (waiting.length >= namesMax) break
    waiting.push(...(await ledger.problems.waiting(id, namesMax)))
  }
  const count = problems.reduce((total, one) => total + one.waiting, 0)
  const ofIds = (ids: readonly string[]) => named(refsOf(sync.records, ids), ids.length)
  await ledger.certificates.add({
    sync: sync.name,
    at: clock.now(),
    since: sync.begin(state),
    won: found.won,
    orders: found.linked,
    waiting: await named(waiting, count),
    missing: await ofIds(found.missing),
    extra: await ofIds(found.extra),
  })
}
