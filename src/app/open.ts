import { failureOf, SyncError } from '../core/problem.ts'
import { type RecordRef, refsOf } from '../core/ref.ts'
import { isWarning } from '../mapping/compile/finding.ts'
import type { CallScope } from '../ports/http.ts'
import { alertsNow, channelsOf, testChannels } from './alerts/alerts.ts'
import type { Deps } from './bench/deps.ts'
import { queueAsRun } from './bench/own-run.ts'
import type { Crosswalk } from './crosswalk.ts'
import { erase } from './engine/erase.ts'
import { openPaces, type Paces } from './engine/pace.ts'
import { preview } from './engine/preview.ts'
import { missedNightMs, purge } from './engine/purge.ts'
import { runSyncs } from './engine/run.ts'
import { trial } from './engine/trial.ts'
import { quotaWaits } from './engine/waits.ts'
import { flowOf } from './flows/catalogue.ts'
import type { DealCases, Sync } from './flows/flow.ts'
import { dealOf, home, waitingOn, worthOf } from './home.ts'
import {
  assignProblem,
  findProblem,
  listAssignees,
  listProblems,
  muteProblem,
  notOpen,
  pageOfProblems,
  unmuteProblem,
} from './problems/problems.ts'
import { isMuted, todayIn } from './problems/state.ts'
import type { Projects } from './project/projects.ts'
import { systemSettings } from './project/system-settings.ts'
import { runTests } from './project/tests.ts'
import type { ConnectionCheck, System } from './project/workshop.ts'
import { openShares, type Shares } from './shares.ts'
import { editsOf, syncDetails } from './sync-details.ts'

interface Options {
  /** Tells workers that a sync has work; absent when this process works itself. */
  readonly wake?: (syncs: readonly string[]) => Promise<void>
}

/** The use cases on the project in force. Nobody in particular asks until `as` says who does. */
export function openCrosswalk(projects: Projects, deps: Deps, options: Options = {}): Crosswalk {
  return askedBy(null, projects, deps, { ...options, paces: openPaces(), shares: openShares(projects, deps) })
}

interface AskedOptions extends Options {
  readonly paces: Paces
  readonly shares: Shares
}

function askedBy(actor: string | null, projects: Projects, deps: Deps, options: AskedOptions): Crosswalk {
  const { shares } = options
  const { ledger, clock, log } = deps
  const today = () => todayIn(projects.current().config.alerts.time_zone, clock.now())
  const wake = async (syncs: readonly string[]) => options.wake?.(syncs)

  /** The sync that is named, or the first of the configuration whose records are called so. */
  async function syncOf(record: string, name: string | undefined): Promise<Sync> {
    const { config } = projects.current()
    const first = Object.entries(config.syncs).find(([, { document }]) => flowOf(document).record === record)?.[0]
    if (name === undefined && first === undefined) {
      throw invalid(
        'syncs',
        `No sync of the configuration delivers a ${record}`,
        'Add one, see docs/reference/configuration.md.',
      )
    }
    return projects.current().sync(name ?? first ?? '')
  }

  async function dealSync(name: string | undefined): Promise<Sync & { readonly deals: DealCases }> {
    const sync = await syncOf('deal', name)
    const { deals } = sync
    if (deals !== null) return { ...sync, deals }
    throw invalid(sync.name, `Sync "${sync.name}" does not deliver deals`, 'Name the sync with `document: deal`.')
  }

  async function checkOne(name: string): Promise<ConnectionCheck> {
    const endpoint = projects.current().endpoint(name).within(asked)
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

  const tellAllowed = (name: string, orders: number) => log.info('new orders allowed', { sync: name, orders, actor })

  async function resume(name: string): Promise<void> {
    const state = await ledger.syncs.get(name, clock.now())
    if (state.heldBecause === null) return
    await ledger.syncs.set(name, { heldBecause: null })
    log.info('sync resumed', { sync: name, actor })
    const open = await ledger.problems.list({ sync: name, max: 1000 })
    const holding = open.filter((one) => one.kind === 'guard_tripped' || one.kind === 'configuration_invalid')
    await ledger.problems.close(
      name,
      holding.map((one) => one.causeKey),
      { how: 'resumed', by: actor },
    )
  }

  /** The newest records that a sync has a link of, or that the sync has that it goes on from. */
  async function newestOf({ name, config, kind }: Sync, max: number): Promise<readonly string[]> {
    const of = kind === null ? flowOf(config.document).follows(config) : name
    const links = of === null ? [] : await ledger.links.list({ sync: of, ...(kind === null ? {} : { kind }), max })
    return links.map((link) => link.source.ref.id)
  }

  /** Queues records to be tried again, in the name of the actor. */
  async function retry(sync: string, records: readonly RecordRef[]): Promise<number> {
    const at = clock.now()
    await ledger.inTransaction(async (tx) => {
      await queueAsRun(sync, records, { kind: 'retry', lane: 'retry', actor, at }, tx)
      const told = { sync, at, event: 'retried', text: 'Queued to be tried again', details: null, actor }
      await tx.timeline.add(records.map((ref) => ({ ...told, ref })))
      await tx.problems.tried(sync, records, { how: 'retried', by: actor })
    })
    await wake([sync])
    return records.length
  }

  return {
    as: (name) => askedBy(name, projects, deps, options),
    check: (names) =>
      Promise.all((names.length === 0 ? [...projects.current().endpoints.keys()] : names).map(checkOne)),
    systems: async () => projects.systems().map((one) => ({ ...nameOf(one), settings: systemSettings(one) })),
    connection: (name) => projects.connection(name),
    tryConnection: (name, change) => projects.tryOut(name, change),
    async connect(name, change, { note = null }) {
      const publication = await projects.connect(name, change, { actor, note })
      // It ends a pause, and tells the account.
      if (publication.findings.length === 0) await checkOne(name)
      return publication
    },
    disconnect: (name, { note = null }) => projects.disconnect(name, { actor, note }),
    beginSyncs: (what, { note = null }) => projects.beginSyncs(what, { actor, note }),
    async setup(name) {
      const endpoint = projects
        .current()
        .endpoint(name)
        .within({ ...asked, mayWrite: true })
      const { setup } = endpoint.connection
      if (setup === null)
        throw invalid(name, `${endpoint.system} needs no setup`, 'Set up the CRM: its fields are written back to.')
      const steps = await endpoint.use(() => setup())
      const created = steps.filter((step) => step.outcome === 'created').map((step) => step.subject)
      if (created.length > 0) log.info('fields created', { connection: name, actor, fields: created })
      return steps
    },
    describe: async (name, object) => projects.current().endpoint(name).within(asked).describe(object),
    async lint(how) {
      const findings = (await projects.current().lint(how)).flatMap((one) => one.findings)
      return findings.map((finding) => ({ ...finding, level: isWarning(finding) ? 'warning' : 'error' }))
    },
    async test() {
      const project = projects.current()
      return runTests(await project.lint({ offline: true }), project, deps.evaluator)
    },
    preview: async (recordId, { record = 'deal', sync, backfill = false }) =>
      preview(await syncOf(record, sync), recordId, { lane: backfill ? 'backfill' : 'live' }, deps),
    async run(names, how) {
      names.forEach(mustExist)
      if (how.allow !== undefined) for (const name of projects.current().order(names)) tellAllowed(name, how.allow)
      const report = await runSyncs(projects.current(), names, { ...how, actor }, deps, resume)
      // Where no server runs, nobody else does it.
      await purge(projects.current().config, missedNightMs, deps)
      return report
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
    async dealNames(name, ids) {
      const { deals, records } = await dealSync(name)
      const found = ids.length === 0 ? [] : await deals.owners(refsOf(records, ids), deps)
      return new Map(found.map(({ ref, label }) => [ref.id, label]))
    },
    newestWon: async (name) => (await dealSync(name)).deals.newestWon(deps),
    async status() {
      const now = clock.now()
      const inbox = await ledger.inbox.counts()
      const open = await ledger.problems.list({ max: 10_000 })
      const day = today()
      const usages = await ledger.quotas.usage()
      const connections = await Promise.all(
        [...projects.current().endpoints.values()].map(async ({ name, system }) => {
          const { quotas = [], parallel = null } = usages.find((one) => one.connection === name) ?? {}
          return { ...(await ledger.connections.get(name)), system, quotas, parallel }
        }),
      )
      const waits = await quotaWaits(projects.current(), deps)
      const syncs = await Promise.all(
        Object.entries(projects.current().config.syncs).map(async ([name, config]) => ({
          ...(await ledger.syncs.peek(name, now)),
          mode: config.mode,
          from: config.from,
          to: config.to,
          document: config.document,
          schedule: config.schedule === null ? null : `${config.schedule.cron} ${config.schedule.time_zone}`,
          inbox: inbox.find((one) => one.sync === name) ?? null,
          problems: open.filter((one) => one.sync === name && !isMuted(one, day)).length,
          mutedProblems: open.filter((one) => one.sync === name && isMuted(one, day)).length,
          lastRun: (await ledger.runs.list({ sync: name, max: 1 }))[0] ?? null,
        })),
      )
      const orders = (await ledger.links.counts()).filter((one) => one.kind === 'order')
      return { connections, syncs, waits, alerts: await channelsOf(projects.current().config, ledger), orders }
    },
    sync: (name) => syncDetails(name, projects, options.paces, { now: clock.now(), today: today() }, ledger),
    async changeSync(name, { note, ...change }) {
      await projects.takeOver()
      const { edits, note: told } = editsOf(name, change, projects)
      return projects.configure(edits, { actor, note: note ?? told })
    },
    problems: (filter) => listProblems(filter, today(), ledger),
    pageOfProblems: (filter) => pageOfProblems(filter, today(), ledger),
    problem: (id) => findProblem(id, today(), ledger),
    async assignProblem(id, assignee) {
      await assignProblem(id, assignee, actor, ledger)
      log.info('problem assigned', { problem: id, assignee, actor })
    },
    assignees: () => listAssignees(ledger),
    async muteProblem(id, { because, until = null }) {
      await muteProblem(id, { because, until }, actor, today(), ledger)
      log.info('problem muted', { problem: id, until, actor })
    },
    async unmuteProblem(id) {
      await unmuteProblem(id, actor, ledger)
      log.info('problem no longer muted', { problem: id, actor })
    },
    async retry(what) {
      if ('records' in what) {
        mustExist(what.sync)
        const records = refsOf(await projects.current().records(what.sync), what.records)
        return retry(what.sync, records)
      }
      const [found] = await ledger.problems.list({ id: what.problem, max: 1 })
      if (found === undefined) throw notOpen(what.problem)
      const records = await ledger.problems.waiting(found.id, 1_000_000)
      return retry(found.sync, records)
    },
    async linkCustomer({ sync: name, ...what }) {
      const sync = await dealSync(name)
      const result = await sync.deals.linkCustomer({ ...what, actor }, deps)
      await wake([sync.name])
      return result
    },
    async decide({ sync: name, ...what }) {
      const sync = await dealSync(name)
      const result = await sync.deals.decide({ ...what, actor }, deps)
      await wake([sync.name])
      return result
    },
    erase: (whom) => erase(whom, actor, projects.current(), deps),
    timeline: (record) => ledger.timeline.of(record),
    deals: (filter) => ledger.links.list({ kind: 'order', ...filter }),
    pageOfDeals: (filter) => ledger.links.page({ kind: 'order', ...filter }),
    home: (zone) => home(projects.current().config, zone, clock.now(), ledger),
    worth: (problems) => worthOf(problems, projects.current().config, ledger),
    waitingOn: (problem, max) => waitingOn(problem, max, projects.current().config, ledger),
    deal: (record) => dealOf(record, projects.current().config, ledger),
    documents: async (deal, { sync }) => (await dealSync(sync)).deals.documents(deal, 'live', deps),
    share: async (deal, { sync, days }) => shares.add(await syncOf('deal', sync), deal, { days, actor }),
    shares: (filter) => ledger.sharedOrders.list(filter),
    endShare: (id) => shares.end(id, actor),
    sharedOrder: (secret) => shares.open(secret),
    runs: (filter) => ledger.runs.list(filter),
    async hold(name, because) {
      mustExist(name)
      await ledger.syncs.get(name, clock.now())
      // Whoever finds it held wants to know whom to ask.
      await ledger.syncs.set(name, { heldBecause: actor === null ? because : `${because} (${actor})` })
      log.info('sync held', { sync: name, because, actor })
    },
    async resume(name, how) {
      mustExist(name)
      await ledger.syncs.get(name, clock.now())
      await resume(name)
      if (how.allow !== undefined) {
        await ledger.syncs.set(name, { extraOrders: how.allow })
        tellAllowed(name, how.allow)
      }
      await wake([name])
    },
    publish: (draft, { note = null }) => projects.publish(draft, { actor, note }),
    async addTableEntry(table, entry) {
      const lacking = (await ledger.problems.missingEntries()).filter(
        (one) => one.table === table && one.key === entry.key,
      )
      const publication = await projects.addEntry(table, entry, { actor })
      if (publication.findings.length > 0) return publication
      for (const { problem, sync } of lacking) {
        const records = await ledger.problems.waiting(problem, 1_000_000)
        await ledger.problems.tried(sync, records, { how: 'entry_added', by: actor })
      }
      return publication
    },
    missingEntries: () => ledger.problems.missingEntries(),
    projectFiles: () => projects.files(),
    plan: () => projects.plan(),
    publishedFiles: () => projects.published(),
    async checkDraft(draft) {
      const { changes, findings, warnings, tests } = await projects.examine(draft)
      return { changes, findings, warnings, tests }
    },
    async tryDraft(draft, { sync: name, last, records }) {
      const { before, project, findings } = await projects.examine(draft)
      if (project === null) return { findings, tried: 0, same: 0, fields: [], ends: [] }
      const { config } = before
      const sync = name ?? Object.keys(config.syncs).find((one) => config.syncs[one]?.document === 'deal') ?? ''
      const after = await project.sync(sync)
      const ids = records.length > 0 ? records : await newestOf(after, last)
      return { findings, ...(await trial(await before.sync(sync), after, ids, deps)) }
    },
    revisions: ({ max, after }) => ledger.revisions.list(max, after),
    revision: (number) => projects.revised(number),
    revert: (number, { note = null, only = () => undefined }) => projects.revert(number, { actor, note }, only),
    certificates: (filter) => ledger.certificates.list(filter),
    alerts: () => alertsNow(projects.current().config, clock.now(), ledger),
    testAlerts: async (names) => testChannels(names, projects.current().config, actor, deps),
    project: async () => projects.state(),
  }
}

/** Somebody waits for the answer. */
const asked: CallScope = { lane: 'live', mayWrite: false }

const invalid = (path: string, message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path }, fix })

const nameOf = ({ name, title, role, steps }: System) => ({ name, title, role, steps })
