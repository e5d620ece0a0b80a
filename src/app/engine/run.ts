import { type Failure, failureOf, SyncError } from '../../core/problem.ts'
import type { QuotaWait } from '../../ports/ledger/quotas.ts'
import type { RunKind } from '../../ports/ledger/runs.ts'
import type { Deps } from '../bench/deps.ts'
import { together } from '../bench/together.ts'
import type { Sync } from '../flows/flow.ts'
import type { Project } from '../project/project.ts'
import { deliver } from './deliver.ts'
import { detect } from './detect.ts'
import { freeWork } from './free-work.ts'
import { tellHeld } from './held.ts'
import { tellStarted } from './start.ts'
import { quotaWaits } from './waits.ts'

export interface RunOptions {
  readonly kind?: RunKind
  /** New orders allowed beyond the guard, this time. */
  readonly allow?: number
  readonly signal?: AbortSignal
  readonly progress?: (event: RunProgress) => void
}
export interface RunProgress {
  readonly sync: string
  readonly phase: 'detect' | 'deliver'
  /** Records found or worked on so far, and how many are still due. */
  readonly done: number
  readonly due: number
}
export interface RunReport {
  readonly syncs: readonly {
    readonly sync: string
    readonly found: number
    readonly counts: Readonly<Record<string, number>>
    readonly stopped: Failure | null
  }[]
  /** Problems open at the end, over these syncs. */
  readonly problems: number
  /** Those of them that wait for a quota, and go on by themselves. */
  readonly waits: readonly QuotaWait[]
  /** Records that wait for later (a deferral, a paused connection). */
  readonly waiting: number
  /**
   * Records that are not this run's to deliver: another one works on them, or one that broke off did, whose leases have not
   * lapsed yet; and what came in meanwhile. Nothing is wrong with them.
   */
  readonly elsewhere: number
}

/**
 * A record that is due so soon is waited for, so that a lost answer is looked up and settled within the same run. One that keeps
 * failing backs off exponentially, and so ends the run.
 */
const waitMaxMs = 1_500

/** Detects and delivers until nothing is due, for these syncs (all when empty). @param resume  resumes a held sync */
export async function runSyncs(
  project: Project,
  names: readonly string[],
  how: RunOptions & { readonly actor: string | null },
  deps: Deps,
  resume: (sync: string) => Promise<void>,
): Promise<RunReport> {
  const { ledger, clock } = deps
  const chosen = project.order(names)
  const rows = new Map<string, Row>()
  for (const name of chosen) {
    await ledger.syncs.get(name, clock.now())
    await resume(name)
    if (how.allow !== undefined) await ledger.syncs.set(name, { extraOrders: how.allow })
  }

  /** A system that does not answer stops its sync; an invalid configuration stops the command. */
  async function stoppable(name: string, act: (sync: Sync) => Promise<Partial<Row>>): Promise<Row> {
    try {
      const sync = await project.sync(name)
      await tellStarted(name, ledger)
      return { ...nothing, sync: name, ...(await act(sync)) }
    } catch (error) {
      if (!(error instanceof SyncError) || error.problem.kind === 'configuration_invalid') throw error
      return { ...nothing, sync: name, stopped: failureOf(error) }
    }
  }

  async function look(sync: Sync): Promise<Partial<Row>> {
    const { found, run } = await detect(sync, { kind: how.kind ?? 'manual', actor: how.actor, ...signalOf(how) }, deps)
    how.progress?.({ sync: sync.name, phase: 'detect', done: found, due: found })
    return { found, run }
  }

  async function work(sync: Sync, stoppedBefore: Failure | null): Promise<Partial<Row>> {
    if (stoppedBefore !== null && !sync.worksWithoutSource) return { stopped: stoppedBefore }
    const counts: Record<string, number> = {}
    let before = 0
    const progress = async (done: number) => {
      if (how.progress === undefined) return
      const due = (await ledger.inbox.counts()).find((one) => one.sync === sync.name)?.due ?? 0
      how.progress({ sync: sync.name, phase: 'deliver', done: before + done, due })
    }
    for (;;) {
      const delivery = await deliver(sync, deps, { ...signalOf(how), progress })
      before += delivery.records
      for (const [name, count] of Object.entries(delivery.counts)) counts[name] = (counts[name] ?? 0) + count
      const interruption = how.signal?.aborted === true ? interrupted : null
      const stopped = stoppedBefore ?? delivery.stopped ?? interruption
      const soon = stopped === null ? await soonDue(sync) : null
      if (soon === null) {
        if (stopped !== null && how.signal?.aborted !== true) await tellHeld(sync, new Map(), deps)
        return { counts, stopped }
      }
      await clock.sleep(soon, how.signal)
    }
  }

  async function soonDue(sync: Sync): Promise<number | null> {
    const waits = (await ledger.inbox.counts()).find((one) => one.sync === sync.name)
    if (waits === undefined) return null
    if (waits.due > 0) return 0
    return waits.nextInMs !== null && waits.nextInMs <= waitMaxMs ? Math.max(waits.nextInMs, 1) : null
  }

  await freeWork(deps)
  // All changes are detected before anything is written, so that no poll meets an echo of this run.
  for (const row of await together(chosen.map((name) => stoppable(name, look)))) rows.set(row.sync, row)
  // A sync may have an earlier one look again: then there is another round.
  for (let round = 0, due = [...chosen]; round < roundsMax && due.length > 0; round += 1) {
    for (const name of due) {
      const before = rows.get(name)
      if (before === undefined) continue
      const after = await stoppable(name, (sync) => work(sync, before.stopped))
      rows.set(name, { ...after, found: before.found, run: before.run, counts: added(before.counts, after.counts) })
    }
    const waits = await ledger.inbox.counts()
    due = chosen.filter(
      (name) => rows.get(name)?.stopped === null && waits.some((one) => one.sync === name && one.due > 0),
    )
  }
  for (const { run, stopped } of rows.values()) {
    if (run === null) continue
    const state = stopped === null ? 'done' : 'stopped'
    await ledger.runs.finish(run, { state, reason: stopped?.message ?? null, now: clock.now() })
  }
  let waiting = 0
  let elsewhere = 0
  for (const { sync, due, later, inWork } of await ledger.inbox.counts()) {
    if (!chosen.includes(sync)) continue
    // A sync that did not stop early left nothing that was due: it came after its turn, or was given back by another run.
    const left = rows.get(sync)?.stopped === null ? 0 : due
    waiting += later + left
    elsewhere += inWork + due - left
  }
  const open = await ledger.problems.list({ max: 10_000 })
  const syncs = [...rows.values()].map(({ sync, found, counts, stopped }) => ({ sync, found, counts, stopped }))
  const waits = (await quotaWaits(project, deps)).filter((one) => chosen.includes(one.sync))
  return { syncs, problems: open.filter((one) => chosen.includes(one.sync)).length, waits, waiting, elsewhere }
}

/** One sync of a run. */
interface Row {
  readonly sync: string
  readonly found: number
  readonly counts: Readonly<Record<string, number>>
  readonly stopped: Failure | null
  readonly run: string | null
}
const roundsMax = 4
function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const both: Record<string, number> = { ...a }
  for (const [name, count] of Object.entries(b)) both[name] = (both[name] ?? 0) + count
  return both
}
const nothing = { found: 0, counts: {}, stopped: null, run: null }
const signalOf = (how: RunOptions) => (how.signal === undefined ? {} : { signal: how.signal })

const interrupted: Failure = {
  problem: { kind: 'unavailable' },
  message: 'The run was interrupted.',
  fix: 'Run it again: it continues where it stopped.',
}
