import { type Failure, failureOf, SyncError } from '../core/problem.ts'
import type { MappingFile } from '../mapping/compile/compile.ts'
import { runMappingTests } from '../mapping/testing/test-file.ts'
import type { Deps } from './bench/deps.ts'
import { together } from './bench/together.ts'
import type { ConnectionCheck, Crosswalk, MappingTest, RunOptions, RunReport } from './crosswalk.ts'
import { deliver } from './engine/deliver.ts'
import { detect } from './engine/detect.ts'
import { linkCustomer } from './flows/orders/link-customer.ts'
import { preview } from './flows/orders/preview.ts'
import { backfill, reconcile } from './flows/orders/reconcile.ts'
import type { DealSync } from './flows/orders/sync.ts'
import type { Sync } from './flows/sync.ts'
import type { Project } from './project/project.ts'

/**
 * The use cases on an open project.
 * @param wake  tells workers that a sync has work; absent when this process works itself
 * @param testFile  the test file beside a mapping, null when there is none
 */
export function openCrosswalk(
  project: Project,
  deps: Deps,
  options: {
    wake?: (syncs: readonly string[]) => Promise<void>
    testFile: (mapping: string) => Promise<MappingFile | null>
  },
): Crosswalk {
  const { ledger, clock } = deps
  const wake = async (syncs: readonly string[]) => options.wake?.(syncs)

  async function dealSync(name: string | undefined): Promise<DealSync> {
    const first = Object.entries(project.config.syncs).find(([, sync]) => sync.document === 'deal')?.[0]
    const sync = await project.sync(name ?? first ?? '')
    if (sync.document === 'deal') return sync
    throw invalid(sync.name, `Sync "${sync.name}" does not deliver deals`, 'Name the sync with `document: deal`.')
  }

  async function checkOne(name: string): Promise<ConnectionCheck> {
    const endpoint = project.endpoint(name)
    try {
      const report = await endpoint.use((connection) => connection.check())
      await ledger.connections.setAccount(name, report.account)
      return { connection: name, system: endpoint.system, report, failure: null }
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      return { connection: name, system: endpoint.system, report: null, failure: failureOf(error) }
    }
  }

  function mustExist(name: string): void {
    if (Object.hasOwn(project.config.syncs, name)) return
    throw invalid(name, `There is no sync "${name}"`, `Known: ${Object.keys(project.config.syncs).join(', ')}.`)
  }

  /** Syncs in the order in which one makes work for the next: deals before their fulfilment. */
  const inOrder = (names: readonly string[]) => {
    const all = Object.entries(project.config.syncs)
    const chosen = names.length === 0 ? all.map(([name]) => name) : names
    return all
      .filter(([name]) => chosen.includes(name))
      .sort(([, a], [, b]) => Number(a.document === 'fulfilment') - Number(b.document === 'fulfilment'))
      .map(([name]) => name)
  }

  async function run(names: readonly string[], how: RunOptions): Promise<RunReport> {
    names.forEach(mustExist)
    const chosenNames = inOrder(names)
    const rows = new Map<string, Row>()
    for (const name of chosenNames) {
      if (how.allow !== undefined) await ledger.syncs.set(name, { extraOrders: how.allow })
      await resume(name)
    }
    // All changes are looked for before anything is written: then no look meets what this run writes itself.
    const looks = await together(chosenNames.map((name) => stoppable(name, (sync) => look(sync, how))))
    for (const row of looks) rows.set(row.sync, row)
    for (const name of chosenNames) {
      const before = rows.get(name)
      if (before?.stopped !== null) continue
      const after = await stoppable(name, (sync) => work(sync, how))
      rows.set(name, { ...after, found: before.found, run: before.run })
    }
    for (const { run, stopped } of rows.values()) {
      if (run === null) continue
      const state = stopped === null ? 'done' : 'stopped'
      await ledger.runs.finish(run, { state, reason: stopped?.message ?? null, now: clock.now() })
    }
    const counts = await ledger.inbox.sweep()
    const chosen = new Set(chosenNames)
    const waiting = counts
      .filter((one) => chosen.has(one.sync))
      .reduce((sum, one) => sum + one.due + one.later + one.inWork, 0)
    const open = await ledger.problems.list({ max: 10_000 })
    const syncs = [...rows.values()].map(({ sync, found, counts: outcomes, stopped }) => ({
      sync,
      found,
      counts: outcomes,
      stopped,
    }))
    return { syncs, problems: open.filter((one) => chosen.has(one.sync)).length, waiting }
  }

  /** A system that does not answer stops its sync; a mistake in the configuration stops the command. */
  async function stoppable(name: string, act: (sync: Sync) => Promise<Omit<Row, 'sync'>>): Promise<Row> {
    try {
      return { sync: name, ...(await act(await project.sync(name))) }
    } catch (error) {
      if (!(error instanceof SyncError) || error.problem.kind === 'configuration_invalid') throw error
      return { sync: name, ...nothing, stopped: failureOf(error) }
    }
  }

  async function look(sync: Sync, how: RunOptions): Promise<Omit<Row, 'sync'>> {
    const { found, run } = await detect(sync, { kind: how.kind ?? 'manual', ...signalOf(how) }, deps)
    how.progress?.({ sync: sync.name, phase: 'detect', done: found, due: found })
    return { ...nothing, found, run }
  }

  async function work(sync: Sync, how: RunOptions): Promise<Omit<Row, 'sync'>> {
    const progress = async (done: number) => {
      if (how.progress === undefined) return
      const due = (await ledger.inbox.sweep()).find((one) => one.sync === sync.name)?.due ?? 0
      how.progress({ sync: sync.name, phase: 'deliver', done, due })
    }
    const { counts, stopped } = await deliver(sync, deps, { ...signalOf(how), progress })
    return { ...nothing, counts, stopped: stopped ?? (how.signal?.aborted === true ? interrupted : null) }
  }

  async function resume(name: string): Promise<void> {
    const state = await ledger.syncs.get(name, clock.now())
    if (state.heldBecause === null) return
    await ledger.syncs.set(name, { heldBecause: null })
    const open = await ledger.problems.list({ sync: name, max: 1000 })
    const holding = open.filter((one) => one.kind === 'guard_tripped' || one.kind === 'configuration_invalid')
    await ledger.problems.close(
      name,
      holding.map((one) => one.causeKey),
    )
  }

  return {
    check: (names) => Promise.all((names.length === 0 ? [...project.endpoints.keys()] : names).map(checkOne)),
    async setup(name) {
      const endpoint = project.endpoint(name)
      const { setup } = endpoint.connection
      if (setup === null)
        throw invalid(name, `${endpoint.system} needs no setup`, 'Set up the CRM: its fields are written back to.')
      return endpoint.use(() => setup())
    },
    describe: async (name, object) => project.endpoint(name).describe(object),
    async lint(how) {
      return (await project.lint(how)).flatMap((one) => one.findings)
    },
    async test() {
      const results: MappingTest[] = []
      for (const { file, mapping } of await project.lint({ offline: true })) {
        const tests = await options.testFile(file.file)
        if (mapping === null || tests === null) continue
        for (const result of await runMappingTests(mapping, tests, deps.evaluator))
          results.push({ file: tests.file, ...result })
      }
      return results
    },
    preview: async (recordId, how) => preview(await dealSync(how.sync), recordId, deps),
    run,
    async backfill(name, how) {
      const result = await backfill(await dealSync(name), how, deps)
      if (!how.dryRun) await wake([name])
      return result
    },
    async reconcile(name, how) {
      const sync = await dealSync(name)
      const result = await reconcile(sync, how, deps)
      await wake([name, ...(sync.reportSync === null ? [] : [sync.reportSync])])
      return result
    },
    async status() {
      const now = clock.now()
      const inbox = await ledger.inbox.sweep()
      const open = await ledger.problems.list({ max: 10_000 })
      const connections = await Promise.all(
        [...project.endpoints.values()].map(async ({ name, system }) => ({
          ...(await ledger.connections.get(name)),
          system,
        })),
      )
      const syncs = await Promise.all(
        Object.entries(project.config.syncs).map(async ([name, config]) => ({
          ...(await ledger.syncs.get(name, now)),
          mode: config.mode,
          from: config.from,
          to: config.to,
          document: config.document,
          schedule: config.schedule === null ? null : `${config.schedule.cron} ${config.schedule.time_zone}`,
          inbox: inbox.find((one) => one.sync === name) ?? null,
          problems: open.filter((one) => one.sync === name).length,
          lastRun: (await ledger.runs.list({ sync: name, max: 1 }))[0] ?? null,
        })),
      )
      const orders = (await ledger.links.counts()).filter((one) => one.kind === 'order')
      return { connections, syncs, orders }
    },
    problems: (filter) => ledger.problems.list(filter),
    async problem(id) {
      const [found] = await ledger.problems.list({ id, max: 1 })
      return found === undefined ? null : { problem: found, waiting: await ledger.problems.waiting(id, 10_000) }
    },
    async retry(what) {
      if ('records' in what) {
        mustExist(what.sync)
        await ledger.inbox.add(what.sync, what.records, { lane: 'retry' })
        await wake([what.sync])
        return what.records.length
      }
      const [found] = await ledger.problems.list({ id: what.problem, max: 1 })
      if (found === undefined)
        throw invalid(what.problem, `There is no open problem "${what.problem}"`, 'See `crosswalk problems`.')
      const records = await ledger.problems.waiting(found.id, 1_000_000)
      await ledger.inbox.add(found.sync, records, { lane: 'retry' })
      await wake([found.sync])
      return records.length
    },
    async linkCustomer({ sync: name, ...what }) {
      const sync = await dealSync(name)
      const result = await linkCustomer(sync, what, deps)
      await wake([sync.name])
      return result
    },
    timeline: (recordId) => ledger.timeline.of(recordId),
    deals: (filter) => ledger.links.list({ kind: 'order', ...filter }),
    runs: (filter) => ledger.runs.list(filter),
    async hold(name, because) {
      mustExist(name)
      await ledger.syncs.set(name, { heldBecause: because })
    },
    async resume(name, how) {
      mustExist(name)
      if (how.allow !== undefined) await ledger.syncs.set(name, { extraOrders: how.allow })
      await resume(name)
      await wake([name])
    },
  }
}

/** One sync of a run. */
interface Row {
  readonly sync: string
  readonly found: number
  readonly counts: Readonly<Record<string, number>>
  readonly stopped: Failure | null
  readonly run: string | null
}
const nothing = { found: 0, counts: {}, stopped: null, run: null }
const signalOf = (how: RunOptions) => (how.signal === undefined ? {} : { signal: how.signal })

const interrupted: Failure = {
  problem: { kind: 'unavailable' },
  message: 'The run was interrupted.',
  fix: 'Run it again: it goes on where it stopped.',
}

const invalid = (path: string, message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path }, fix })
