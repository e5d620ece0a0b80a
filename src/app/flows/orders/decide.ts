import { type Disagreement, SyncError } from '../../../core/problem.ts'
import { refText } from '../../../core/ref.ts'
import type { Deps } from '../../bench/deps.ts'
import { queueAsRun } from '../../bench/own-run.ts'
import type { Decided, Decision } from '../flow.ts'
import type { DealSync } from './sync.ts'

const events = { accept: 'accepted', overwrite: 'overwriting', ignore: 'ignored' } as const
const ends = { accept: 'accepted', overwrite: 'overwritten', ignore: 'ignored' } as const
const texts = {
  accept: 'Accepted as it is in the ERP',
  overwrite: 'To be overwritten with what the deal says',
  ignore: 'Not watched any more',
} as const

/**
 * Stores what a person decided about the order of a deal that is not what the deal says, and queues the deal. Decided is what the
 * problem tells, these very values: what changed since is told again.
 * @throws SyncError `configuration_invalid` when the deal waits on nothing that this could decide
 */
export async function decide(
  sync: DealSync,
  { deal, decision, only, actor }: Decision & { readonly actor: string | null },
  { ledger, clock, log }: Deps,
): Promise<Decided> {
  const ref = { ...sync.records, id: deal }
  const at = clock.now()
  const decided = await ledger.inTransaction(async (tx) => {
    const [link] = await tx.links.bySource(sync.name, sync.orders.name, [ref])
    const problem = (await tx.problems.ofRecords(sync.name, [ref])).get(refText(ref))?.problem
    const isDrift = problem?.kind === 'order_drifted'
    if (link === undefined || problem === undefined || !(isDrift || problem.kind === 'totals_differ')) {
      throw invalid(`Deal ${deal} has no order that differs from it`, 'See `crosswalk problems`.')
    }
    if (decision === 'overwrite' && !isDrift) {
      throw invalid(
        `The order of deal ${deal} holds what was written, so writing it again would change nothing`,
        'Do what the problem says, or accept the difference.',
      )
    }
    const chosen = problem.differences.filter(({ text }) => isMeant(text, only))
    if (chosen.length === 0) {
      const told = problem.differences.map(({ text }) => text).join('; ')
      throw invalid(`Nothing that differs in deal ${deal} has "${only}" in it`, `It is one of: ${told}.`)
    }
    await tx.links.decide([
      {
        id: link.id,
        accepted: decision === 'accept' ? Object.fromEntries(chosen.map((one) => [one.place, valuesOf(one)])) : {},
        ignored: decision === 'ignore' ? Object.fromEntries(chosen.map(({ place }) => [place, true])) : {},
        overwrite: decision === 'overwrite',
      },
    ])
    const told = chosen.map(({ text }) => text)
    const entry = { sync: sync.name, ref, at, event: events[decision], actor }
    await tx.timeline.add([{ ...entry, text: `${texts[decision]}: ${told.join('; ')}`, details: null }])
    await tx.problems.tried(sync.name, [ref], { how: ends[decision], by: actor })
    await queueAsRun(sync.name, [ref], { kind: 'retry', lane: 'retry', actor, at }, tx)
    return told
  })
  log.info('difference decided', { sync: sync.name, deal, decision, actor })
  return { sync: sync.name, deal, decided }
}

const valuesOf = ({ expected, actual }: Disagreement) => ({ expected, actual })
const isMeant = (text: string, only: string | undefined): boolean =>
  only === undefined || text.toLowerCase().includes(only.toLowerCase())

const invalid = (message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path: 'deal' }, fix })
