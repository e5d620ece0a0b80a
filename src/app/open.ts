import { failureOf, SyncError } from '../core/problem.ts'
import { type RecordRef, refsOf } from '../core/ref.ts'
import type { MappingFile } from '../mapping/compile/compile.ts'
import { runMappingTests } from '../mapping/testing/test-file.ts'
import type { Deps } from './bench/deps.ts'
import { queueAsRun } from './bench/own-run.ts'
import type { ConnectionCheck, Crosswalk, MappingTest } from './crosswalk.ts'
import { preview } from './engine/preview.ts'
import { runSyncs } from './engine/run.ts'
import type { DealCases, Sync } from './flows/flow.ts'
import type { Projects } from './project/projects.ts'

interface Options {
  /** Tells workers that a sync has work; absent when this process works itself. */
  readonly wake?: (syncs: readonly string[]) => Promise<void>
  /** The test file beside a mapping, null when there is none. */
  readonly testFile: (mapping: string) => Promise<MappingFile | null>
}

/** The use cases on the project in force. Nobody in particular asks until `as` says who does. */
export function openCrosswalk(projects: Pick<Projects, 'current'>, deps: Deps, options: Options): Crosswalk {
  return askedBy(null, projects, deps, options)
}

function askedBy(actor: string | null, projects: Pick<Projects, 'current'>, deps: Deps, options: Options): Crosswalk {
  const { ledger, clock } = deps
  const wake = async (syncs: readonly string[]) => options.wake?.(syncs)

  /** A sync whose records are deals: the one that is named, or the first of the configuration. */
  async function dealSync(name: string | undefined): Promise<Sync & { readonly deals: DealCases }> {
    const first = Object.entries(projects.current().config.syncs).find(
      ([, sync]) => sync.document === dealDocument,
    )?.[0]
    const sync = await projects.current().sync(name ?? first ?? '')
    const { deals } = sync
    if (deals !== null) return { ...sync, deals }
    throw invalid(sync.name, `Sync "${sync.name}" does not deliver deals`, 'Name the sync with `document: deal`.')
  }

  async function checkOne(name: string): Promise<ConnectionCheck> {
    const endpoint = projects.current().endpoint(name)
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
    if (Object.hasOwn(projects.current().config.syncs, name)) return
    throw invalid(
      name,
      `There is no sync "${name}"`,
      `Known: ${Object.keys(projects.current().config.syncs).join(', ')}.`,
    )
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

  /** Has records tried again, by name of who asked. */
  async function retry(sync: string, records: readonly RecordRef[]): Promise<number> {
    const at = clock.now()
    await ledger.inTransaction(async (tx) => {
      await queueAsRun(sync, records, { kind: 'retry', lane: 'retry', actor, at }, tx)
      const told = { sync, at, event: 'retried', text: 'Tried again', details: null, actor }
      await tx.timeline.add(records.map((ref) => ({ ...told, ref })))
    })
    await wake([sync])
    return records.length
  }

  return {
    as: (name) => askedBy(name, projects, deps, options),
    check: (names) =>
      Promise.all((names.length === 0 ? [...projects.current().endpoints.keys()] : names).map(checkOne)),
    async setup(name) {
      const endpoint = projects.current().endpoint(name)
      const { setup } = endpoint.connection
      if (setup === null)
        throw invalid(name, `${endpoint.system} needs no setup`, 'Set up the CRM: its fields are written back to.')
      return endpoint.use(() => setup())
    },
    describe: async (name, object) => projects.current().endpoint(name).describe(object),
    async lint(how) {
      return (await projects.current().lint(how)).flatMap((one) => one.findings)
    },
    async test() {
      const results: MappingTest[] = []
      for (const { file, mapping } of await projects.current().lint({ offline: true })) {
        const tests = await options.testFile(file.file)
        if (mapping === null || tests === null) continue
        for (const result of await runMappingTests(mapping, tests, deps.evaluator))
          results.push({ file: tests.file, ...result })
      }
      return results
    },
    preview: async (recordId, how) => preview(await dealSync(how.sync), recordId, deps),
    run: (names, how) => {
      names.forEach(mustExist)
      return runSyncs(projects.current(), names, { ...how, actor }, deps, resume)
    },
    async backfill(name, how) {
      const result = await (await dealSync(name)).deals.backfill({ ...how, actor }, deps)
      if (!how.dryRun) await wake([name])
      return result
    },
    async reconcile(name, how) {
      const sync = await dealSync(name)
      const result = await sync.deals.reconcile({ ...how, actor }, deps)
      await wake([name, ...(sync.feeds === null ? [] : [sync.feeds])])
      return result
    },
    async status() {
      const now = clock.now()
      const inbox = await ledger.inbox.counts()
      const open = await ledger.problems.list({ max: 10_000 })
      const connections = await Promise.all(
        [...projects.current().endpoints.values()].map(async ({ name, system }) => ({
          ...(await ledger.connections.get(name)),
          system,
        })),
      )
      const syncs = await Promise.all(
        Object.entries(projects.current().config.syncs).map(async ([name, config]) => ({
          ...(await ledger.syncs.peek(name, now)),
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
        const records = refsOf(await projects.current().records(what.sync), what.records)
        return retry(what.sync, records)
      }
      const [found] = await ledger.problems.list({ id: what.problem, max: 1 })
      if (found === undefined)
        throw invalid(what.problem, `There is no open problem "${what.problem}"`, 'See `crosswalk problems`.')
      const records = await ledger.problems.waiting(found.id, 1_000_000)
      return retry(found.sync, records)
    },
    async linkCustomer({ sync: name, ...what }) {
      const sync = await dealSync(name)
      const result = await sync.deals.linkCustomer({ ...what, actor }, deps)
      await wake([sync.name])
      return result
    },
    timeline: (record) => ledger.timeline.of(record),
    deals: (filter) => ledger.links.list({ kind: 'order', ...filter }),
    runs: (filter) => ledger.runs.list(filter),
    async hold(name, because) {
      mustExist(name)
      await ledger.syncs.get(name, clock.now())
      await ledger.syncs.set(name, { heldBecause: because })
    },
    async resume(name, how) {
      mustExist(name)
      await ledger.syncs.get(name, clock.now())
      if (how.allow !== undefined) await ledger.syncs.set(name, { extraOrders: how.allow })
      await resume(name)
      await wake([name])
    },
  }
}

const dealDocument = 'deal'

const invalid = (path: string, message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path }, fix })
