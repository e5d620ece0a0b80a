import type { JsonObject } from '../core/json.ts'
import { SyncError } from '../core/problem.ts'
import { type Instant, shift } from '../core/time.ts'
import type { LaneCount } from '../ports/ledger/inbox.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Revision } from '../ports/ledger/revisions.ts'
import type { Run } from '../ports/ledger/runs.ts'
import type { SyncState } from '../ports/ledger/syncs.ts'
import type { TimelineEntry } from '../ports/ledger/timeline.ts'
import type { Paces } from './engine/pace.ts'
import { nextTimes, type SyncConfig } from './flows/base.ts'
import { flowOf } from './flows/catalogue.ts'
import { type Policy, policiesOf } from './flows/policies.ts'
import { listProblems, type SeenProblem } from './problems/problems.ts'
import type { Today } from './problems/state.ts'
import type { Change } from './project/edit-yaml.ts'
import type { ProjectFile, Projects } from './project/projects.ts'

/** All that is in force of one sync, and how it goes. */
export interface SyncDetails extends Pick<SyncState, 'heldBecause' | 'enabledAt' | 'extraOrders' | 'lookedAt'> {
  readonly sync: string
  readonly document: string
  readonly from: string
  readonly to: string
  readonly mode: SyncConfig['mode']
  readonly batch: number
  /** Records from then on. */
  readonly since: Instant
  readonly where: JsonObject | null
  readonly schedule: {
    readonly cron: string
    readonly timeZone: string
    readonly next: readonly Instant[]
  } | null
  readonly guard: { readonly perHour: number; readonly used: number } | null
  readonly policies: readonly Policy[]
  /** The mappings that it consists of. */
  readonly mappings: readonly Pick<ProjectFile, 'path' | 'origin'>[]
  /** What was published last, null when nothing was. */
  readonly revision: Revision | null
  readonly lanes: readonly LaneCount[]
  readonly problems: { readonly count: number; readonly first: readonly SeenProblem[] }
  readonly runs: readonly Run[]
  readonly backfill: BackfillProgress | null
  /** What it would have done; null for a sync that is live. */
  readonly shadow: Shadow | null
  /** Whether its records are deals, which can be backfilled and compared. */
  readonly hasDeals: boolean
}

/** How far the last backfill is. */
interface BackfillProgress {
  readonly run: Run
  /** Queued so far. */
  readonly found: number
  /** Of these, those that wait or are in work. */
  readonly left: number
  /** When none will be left; null where that is not known. */
  readonly doneAt: Instant | null
}

interface Shadow {
  /** Outcomes of its last runs, added up. */
  readonly counts: Readonly<Record<string, number>>
  readonly planned: readonly TimelineEntry[]
}

const shown = { times: 5, runs: 10, problems: 10, planned: 20 }
/** How far back the plans of a shadow sync are looked for: what it would do is planned anew with every change. */
const plannedMs = 30 * 86_400_000

export async function syncDetails(
  name: string,
  projects: Pick<Projects, 'current' | 'files' | 'state'>,
  paces: Paces,
  { now, today }: { readonly now: Instant; readonly today: Today },
  ledger: Ledger,
): Promise<SyncDetails> {
  const config = configOf(name, projects)
  const { document, from, to, mode, batch, schedule } = config
  const { since, where, guard } = flowOf(document).limits(config)
  const { heldBecause, enabledAt, extraOrders, lookedAt } = await ledger.syncs.peek(name, now)
  const runs = await ledger.runs.list({ sync: name, max: shown.runs })
  const problems = await listProblems({ sync: name, max: 10_000 }, today, ledger)
  const files = await projects.files()
  return {
    ...{ sync: name, document, from, to, mode, batch, where, heldBecause, enabledAt, extraOrders, lookedAt, runs },
    since: since ?? enabledAt,
    schedule:
      schedule === null
        ? null
        : { cron: schedule.cron, timeZone: schedule.time_zone, next: nextTimes(schedule, now, shown.times) },
    guard: guard === null ? null : { perHour: guard.perHour, used: await ledger.syncs.used(name, now) },
    policies: policiesOf(config),
    mappings: files.filter((file) => file.kind === 'mapping' && file.syncs.includes(name)),
    revision: projects.state().revision,
    lanes: await ledger.inbox.lanes(name),
    problems: { count: problems.length, first: problems.slice(0, shown.problems) },
    backfill: await backfillOf(name, paces, now, ledger),
    shadow: mode === 'live' ? null : await shadowOf(name, runs, now, ledger),
    hasDeals: flowOf(document).record === 'deal',
  }
}

async function backfillOf(
  name: string,
  paces: Paces,
  now: Instant,
  { runs, inbox }: Ledger,
): Promise<BackfillProgress | null> {
  const [run] = await runs.list({ sync: name, kind: 'backfill', max: 1 })
  if (run === undefined) return null
  const left = await inbox.leftOf(name, run.id)
  return { run, found: run.counts.found ?? 0, left, doneAt: paces.note(run.id, left, now) }
}

async function shadowOf(name: string, runs: readonly Run[], now: Instant, { timeline }: Ledger): Promise<Shadow> {
  const counts: Record<string, number> = {}
  for (const run of runs)
    for (const [outcome, count] of Object.entries(run.counts)) counts[outcome] = (counts[outcome] ?? 0) + count
  return { counts, planned: await timeline.planned(name, shift(now, -plannedMs), shown.planned) }
}

/** What can be changed of a sync while it runs. What is not given stays as it is. */
export interface SyncChange {
  readonly mode?: SyncConfig['mode']
  /** Null for none. */
  readonly schedule?: { readonly cron: string; readonly timeZone: string } | null
  /** New records an hour that its guard lets through. */
  readonly perHour?: number
  /** By name. */
  readonly policies?: Readonly<Record<string, string>>
}

/**
 * What a change of a sync changes in the configuration, and how that is told.
 * @throws SyncError for a policy, a choice or a guard that it does not have
 */
export function editsOf(
  name: string,
  change: SyncChange,
  projects: Pick<Projects, 'current'>,
): { readonly edits: readonly Change[]; readonly note: string } {
  const config = configOf(name, projects)
  const edits: Change[] = []
  const notes: string[] = []
  const set = (path: readonly string[], value: Change['value']) =>
    void edits.push({ path: ['syncs', name, ...path], value })
  if (change.mode !== undefined && change.mode !== config.mode) {
    set(['mode'], change.mode)
    notes.push(`mode ${change.mode}`)
  }
  if (change.schedule === null) {
    set(['schedule'], null)
    notes.push('no schedule')
  } else if (change.schedule !== undefined) {
    const { cron, timeZone } = change.schedule
    if (config.schedule === null) set(['schedule'], { cron, time_zone: timeZone })
    else {
      set(['schedule', 'time_zone'], timeZone)
      set(['schedule', 'cron'], cron)
    }
    notes.push(`schedule ${cron} ${timeZone}`)
  }
  if (change.perHour !== undefined) {
    const { guard } = flowOf(config.document).limits(config)
    if (guard === null) throw refused(name, `Sync "${name}" has no guard`, 'Only syncs of deals have one.')
    set(guard.path, change.perHour)
    notes.push(`guard ${change.perHour} an hour`)
  }
  const policies = policiesOf(config).filter(({ choices }) => choices.length > 0)
  for (const [policy, choice] of Object.entries(change.policies ?? {})) {
    const found = policies.find((one) => one.name === policy)
    if (found === undefined)
      throw refused(
        name,
        `There is no policy "${policy}" to choose in sync "${name}"`,
        known(policies.map((one) => one.name)),
      )
    if (!found.choices.includes(choice))
      throw refused(name, `Policy "${policy}" of sync "${name}" cannot be "${choice}"`, known(found.choices))
    set(found.path, choice)
    notes.push(`${policy} ${choice}`)
  }
  return { edits, note: `${name}: ${notes.join(', ')}` }
}

function configOf(name: string, projects: Pick<Projects, 'current'>): SyncConfig {
  const { syncs } = projects.current().config
  const found = Object.hasOwn(syncs, name) ? syncs[name] : undefined
  if (found === undefined) throw refused(name, `There is no sync "${name}"`, known(Object.keys(syncs)))
  return found
}

const known = (names: readonly string[]) => `Known: ${names.join(', ')}.`

const refused = (path: string, message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path }, fix })
