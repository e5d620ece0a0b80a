import { type ProblemKind, SyncError } from '../../core/problem.ts'
import type { ProblemState } from '../../core/problem-life.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { PlainDate } from '../../core/time.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { Direction, Page, Place } from '../../ports/ledger/page.ts'
import type { KnownProblem, ProblemDeed, ProblemSort } from '../../ports/ledger/problems.ts'
import { stateOf, type Today } from './state.ts'

/** A problem as people see it. */
export type SeenProblem = KnownProblem & { readonly state: ProblemState }

export interface ProblemFilter {
  readonly sync?: string
  readonly kind?: ProblemKind
  /** All that are open, muted ones among them, unless given. `open` are those that wait for a person: all but the muted ones. */
  readonly state?: ProblemState | 'open'
  readonly assignee?: string
  readonly max: number
}

interface Sorted {
  readonly sort: ProblemSort
  readonly direction: Direction
  readonly after?: Place
}

/** Whom a problem may be assigned to. */
export interface Assignee {
  readonly name: string
  readonly display: string
}

const deedsMax = 100
const recordsMax = 10_000

export async function listProblems(
  filter: ProblemFilter,
  today: Today,
  ledger: Pick<Ledger, 'problems'>,
): Promise<readonly SeenProblem[]> {
  return (await pageOfProblems({ sort: 'seen', direction: 'desc', ...filter }, today, ledger)).rows
}

/** The states follow from what waits and from the day: the ledger is read on until the page is full. */
export async function pageOfProblems(
  { state, max, after: first, ...filter }: ProblemFilter & Sorted,
  today: Today,
  { problems }: Pick<Ledger, 'problems'>,
): Promise<Page<SeenProblem>> {
  const which = state === 'closed' ? 'closed' : 'open'
  const isMeant = (one: SeenProblem) =>
    state === undefined || one.state === state || (state === 'open' && one.state !== 'muted')
  const found: SeenProblem[] = []
  for (let after = first; ; ) {
    const { rows, next } = await problems.page({
      ...{ ...filter, which, max: max - found.length },
      ...(after === undefined ? {} : { after }),
    })
    found.push(...rows.map((one) => ({ ...one, state: stateOf(one, today) })).filter(isMeant))
    if (next === null || found.length === max) return { rows: found, next }
    after = next
  }
}

/** One with what waits on it and what people did about it, also when it is closed; null when there is none. */
export async function findProblem(
  id: string,
  today: Today,
  { problems }: Pick<Ledger, 'problems'>,
): Promise<{
  readonly problem: SeenProblem
  readonly waiting: readonly RecordRef[]
  readonly deeds: readonly ProblemDeed[]
} | null> {
  const [found] = await problems.list({ id, which: 'any', max: 1 })
  if (found === undefined) return null
  return {
    problem: { ...found, state: stateOf(found, today) },
    waiting: await problems.waiting(id, recordsMax),
    deeds: await problems.deeds(id, deedsMax),
  }
}

/** Everybody who may sign in. */
export async function listAssignees({ accounts }: Pick<Ledger, 'accounts'>): Promise<readonly Assignee[]> {
  const known = (await accounts.list()).filter((one) => !one.isDisabled)
  return known.map(({ name, display }) => ({ name, display }))
}

/** @param assignee  null for nobody @throws SyncError when that is nobody who may sign in, or the problem is not open */
export async function assignProblem(
  id: string,
  assignee: string | null,
  actor: string | null,
  ledger: Pick<Ledger, 'accounts' | 'problems'>,
): Promise<void> {
  const known = await listAssignees(ledger)
  if (assignee !== null && !known.some(({ name }) => name === assignee))
    throw invalid(
      `Nobody who may sign in is called "${assignee}"`,
      known.length === 0
        ? 'Add people first, in the console under Users.'
        : `It is one of: ${known.map(({ name }) => name).join(', ')}.`,
    )
  if (!(await ledger.problems.assign(id, assignee, actor))) throw notOpen(id)
}

/** @throws SyncError when the problem is not open, or the day has come already */
export async function muteProblem(
  id: string,
  { because, until }: { readonly because: string; readonly until: PlainDate | null },
  actor: string | null,
  today: Today,
  { problems }: Pick<Ledger, 'problems'>,
): Promise<void> {
  if (until !== null && until <= today.day)
    throw invalid(`${until} is not to come`, 'Name the day on which it is to be told again, tomorrow or later.')
  if (!(await problems.mute(id, { by: actor, because, until }))) throw notOpen(id)
}

/** @throws SyncError when the problem is not open, or not muted */
export async function unmuteProblem(id: string, actor: string | null, { problems }: Pick<Ledger, 'problems'>) {
  if (!(await problems.unmute(id, actor)))
    throw invalid(`No open problem "${id}" is muted`, 'See `crosswalk problems --muted`.')
}

export const notOpen = (id: string) => invalid(`There is no open problem "${id}"`, 'See `crosswalk problems`.')

const invalid = (message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path: 'problem' }, fix })
