import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Crosswalk } from '../app/crosswalk.ts'
import type { SeenProblem } from '../app/problems/problems.ts'
import type { SyncDetails } from '../app/sync-details.ts'
import { type Instant, parseInstant, shift } from '../core/time.ts'
import type { Link } from '../ports/ledger/links.ts'
import type { Run } from '../ports/ledger/runs.ts'
import type { CliDeps, ExitCode, Project } from './deps.ts'
import { runCli } from './program.ts'
import type { Prompts } from './prompts.ts'

/** The moment at which all tests of the command line happen. */
export const now = at('2026-11-24T09:30:00Z')

export function at(text: string): Instant {
  const instant = parseInstant(text)
  if (instant === null) throw new Error(`not an instant: ${text}`)
  return instant
}

/** Every method is refused until a test says what it answers. */
const fakeCrosswalk = (answers: Partial<Crosswalk>): Crosswalk => {
  const refuse = (name: string) => async (): Promise<never> => {
    throw new Error(`the test gives no answer to ${name}`)
  }
  return {
    as: () => fakeCrosswalk(answers),
    check: refuse('check'),
    systems: refuse('systems'),
    connection: refuse('connection'),
    tryConnection: refuse('tryConnection'),
    connect: refuse('connect'),
    disconnect: refuse('disconnect'),
    beginSyncs: refuse('beginSyncs'),
    setup: refuse('setup'),
    describe: refuse('describe'),
    lint: refuse('lint'),
    test: refuse('test'),
    preview: refuse('preview'),
    run: refuse('run'),
    backfill: refuse('backfill'),
    reconcile: refuse('reconcile'),
    dealNames: refuse('dealNames'),
    newestWon: refuse('newestWon'),
    status: refuse('status'),
    sync: refuse('sync'),
    changeSync: refuse('changeSync'),
    problems: refuse('problems'),
    pageOfProblems: refuse('pageOfProblems'),
    problem: refuse('problem'),
    assignProblem: refuse('assignProblem'),
    assignees: refuse('assignees'),
    muteProblem: refuse('muteProblem'),
    unmuteProblem: refuse('unmuteProblem'),
    retry: refuse('retry'),
    linkCustomer: refuse('linkCustomer'),
    decide: refuse('decide'),
    erase: refuse('erase'),
    timeline: refuse('timeline'),
    deals: refuse('deals'),
    pageOfDeals: refuse('pageOfDeals'),
    home: refuse('home'),
    worth: refuse('worth'),
    waitingOn: refuse('waitingOn'),
    deal: refuse('deal'),
    documents: refuse('documents'),
    share: refuse('share'),
    shares: refuse('shares'),
    endShare: refuse('endShare'),
    sharedOrder: refuse('sharedOrder'),
    runs: refuse('runs'),
    hold: refuse('hold'),
    resume: refuse('resume'),
    publish: refuse('publish'),
    plan: refuse('plan'),
    publishedFiles: refuse('publishedFiles'),
    addTableEntry: refuse('addTableEntry'),
    missingEntries: refuse('missingEntries'),
    projectFiles: refuse('projectFiles'),
    checkDraft: refuse('checkDraft'),
    tryDraft: refuse('tryDraft'),
    revisions: refuse('revisions'),
    revision: refuse('revision'),
    revert: refuse('revert'),
    certificates: refuse('certificates'),
    alerts: refuse('alerts'),
    testAlerts: refuse('testAlerts'),
    project: refuse('project'),
    ...answers,
  }
}

export const systems: CliDeps['systems'] = [
  {
    name: 'hubspot',
    title: 'HubSpot',
    role: 'crm',
    settings: z.strictObject({
      baseUrl: z.url().meta({ asked: true }).default('https://api.hubapi.com').describe('Address of the API'),
      accessToken: z.string().meta({ secret: true }).optional().describe('Service key'),
      clientSecret: z.string().meta({ secret: true }).optional().describe('Client secret of the OAuth app'),
    }),
  },
  {
    name: 'odoo',
    title: 'Odoo',
    role: 'erp',
    settings: z.strictObject({
      url: z.url().describe('Address of the server'),
      database: z.string().describe('Name of the database'),
      password: z.string().meta({ secret: true }).describe('API key of the user'),
    }),
  },
]

interface Ended {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
  /** How Crosswalk was opened, and whether it was closed. */
  readonly opened: readonly Project[]
  readonly closed: number
}

/** Runs one command line against these answers. The terminal is 100 columns wide unless `deps` says otherwise. */
export async function cli(line: string, answers: Partial<Crosswalk> = {}, deps: Partial<CliDeps> = {}): Promise<Ended> {
  const written = { out: '', err: '' }
  const opened: Project[] = []
  let closed = 0
  const refuse = async (): Promise<never> => {
    throw new Error('the test does not expect this')
  }
  const code = await runCli(line.split(' ').filter(Boolean), {
    version: '1.2.3',
    actor: 'ida@host',
    systems,
    environment: async () => ({}),
    envFile: (config) => join(dirname(dirname(config)), '.env'),
    tryConnection: refuse,
    async open(project) {
      opened.push(project)
      return {
        crosswalk: fakeCrosswalk(answers),
        async close() {
          closed += 1
        },
      }
    },
    vault: { rotate: refuse, forget: refuse },
    accounts: { list: refuse, link: refuse },
    upgrade: { check: refuse, run: refuse },
    start: refuse,
    demo: refuse,
    playDemo: refuse,
    simulate: refuse,
    out(text) {
      written.out += text
    },
    err(text) {
      written.err += text
    },
    outColumns: 100,
    errColumns: null,
    color: false,
    prompts: null,
    onInterrupt: () => () => {},
    exit(exitCode) {
      throw new Error(`exit ${exitCode}`)
    },
    clock: { now: () => now, sleep: refuse },
    clean: (text) => text.replaceAll('hunter22', '[secret]'),
    timeZone: 'Europe/Berlin',
    cwd: '/nowhere',
    ...deps,
  })
  return { code, ...written, opened, closed }
}

/** Answers questions in this order. */
export function fakePrompts(
  ...answers: (string | boolean | readonly string[] | null)[]
): Prompts & { readonly asked: string[] } {
  const asked: string[] = []
  const next = (question: string) => {
    asked.push(question)
    return answers.shift() ?? null
  }
  return {
    asked,
    choose: async (question) => textOf(next(question)),
    async chooseSeveral(question) {
      const answer = next(question)
      return Array.isArray(answer) ? answer : null
    },
    ask: async (question) => textOf(next(question)),
    askSecret: async (question) => textOf(next(question)),
    async confirm(question) {
      const answer = next(question)
      return typeof answer === 'boolean' ? answer : null
    },
  }
}
const textOf = (answer: string | boolean | readonly string[] | null) => (typeof answer === 'string' ? answer : null)

export const aLink: Link = {
  id: '1',
  sync: 'deals',
  kind: 'order',
  key: 'hubspot-123-deal-901',
  state: 'linked',
  source: { ref: { connection: 'hubspot', object: 'deals', id: '901' }, label: '20 pumps', written: null },
  target: { connection: 'odoo', object: 'sale.order', id: '42', label: 'S00042', written: null },
  worth: null,
  origin: 'created',
  stage: 'partly_shipped',
  decisions: null,
  suspect: false,
  erasedAt: null,
  createdAt: shift(now, -86_400_000),
  updatedAt: shift(now, -120_000),
}

export const aProblem: SeenProblem = {
  id: '12',
  sync: 'deals',
  kind: 'lookup_failed',
  causeKey: 'product AB-1',
  message: 'Odoo has no product with default_code "AB-1", which line 2 of the deal names.',
  fix: 'Create the product in Odoo; the deals are then delivered by themselves.',
  field: 'product_id',
  firstSeen: shift(now, -7_200_000),
  lastSeen: shift(now, -180_000),
  waiting: 5,
  records: ['901', '902', '903'].map((id) => ({ connection: 'hubspot', object: 'deals', id })),
  isOpen: true,
  cameBack: 0,
  waited: 5,
  touchedAt: null,
  assignee: null,
  mute: null,
  closedAt: null,
  closedHow: null,
  closedBy: null,
  state: 'ongoing',
}

export const aRun: Run = {
  id: '7',
  sync: 'deals',
  kind: 'scheduled',
  state: 'done',
  startedAt: shift(now, -123_000),
  endedAt: shift(now, -120_000),
  counts: { found: 12, delivered: 11, problems: 1 },
  reason: null,
  waitsUntil: null,
  actor: null,
}

export const aSync: SyncDetails = {
  ...{ sync: 'deals', document: 'deal', from: 'hubspot', to: 'odoo', mode: 'shadow', batch: 1000, hasDeals: true },
  ...{ heldBecause: null, enabledAt: now, since: now, extraOrders: 0, lookedAt: now, revision: null },
  where: { 'properties.pipeline': ['default'] },
  schedule: {
    cron: '0 6 * * *',
    timeZone: 'Europe/Berlin',
    next: [shift(now, 86_400_000), shift(now, 172_800_000)],
  },
  guard: { perHour: 1000, used: 3 },
  policies: [
    {
      name: 'confirm',
      path: ['policies', 'confirm'],
      value: 'automatic',
      choices: ['automatic', 'leave_as_draft'],
    },
    { name: 'totals.tolerance', path: ['policies', 'totals', 'tolerance'], value: '0', choices: [] },
  ],
  mappings: [{ path: 'mappings/odoo/order.yaml', origin: 'shipped' }],
  lanes: [{ lane: 'backfill', due: 7, later: 0, inWork: 0 }],
  problems: { count: 1, first: [aProblem] },
  runs: [aRun],
  backfill: { run: { ...aRun, kind: 'backfill' }, found: 12, left: 7, doneAt: null },
  shadow: {
    counts: { found: 4, planned: 4 },
    planned: [
      {
        ...{ sync: 'deals', ref: aLink.source.ref, at: shift(now, -120_000), event: 'would_create', actor: null },
        ...{ text: 'Shadow mode: an order for 20 pumps would be created', details: null },
      },
    ],
  },
}

/** A text written over several lines: without the line feed before it and the indentation of its first line. */
export function text([written = '']: TemplateStringsArray): string {
  const body = written.replace(/^\n/, '').replace(/ *$/, '')
  const indentation = /^ */.exec(body)?.[0] ?? ''
  return body.replaceAll(new RegExp(`^${indentation}`, 'gm'), '')
}
