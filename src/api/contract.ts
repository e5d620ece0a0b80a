import { IANAZone } from 'luxon'
import { z } from 'zod'
import { type ProblemKind, problemTitles } from '../core/problem.ts'
import { problemEnds, problemStates } from '../core/problem-life.ts'
import { parseInstant, parsePlainDate } from '../core/time.ts'

/*
 * Every request and reply of the REST API below /api/v1. The server mounts, checks and documents exactly this table, and
 * a reply carries nothing that is not written here.
 */

/** PostgreSQL has no place for NUL and for half a surrogate pair; other control characters but line breaks mean nothing to anybody. */
const noControls = (text: string): boolean => text.isWellFormed() && !/[^\P{Cc}\t\n\r]/u.test(text)
const words = (max: number) =>
  z.string().min(1).max(max).refine(noControls, 'a text has no control characters but line breaks')
const name = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,64}$/u, 'a name has 1 to 64 characters')
const problemId = z.string().regex(/^\d{1,18}$/, 'the id of a problem is a number')
const recordId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'an id has no control characters')
const zone = z
  .string()
  .max(64)
  .refine((text) => IANAZone.isValidZone(text), 'is a time zone, such as Europe/Berlin')
const instant = z.string().meta({ format: 'date-time' })
const day = z.string().meta({ format: 'date' })
const moment = z
  .string()
  .max(40)
  .transform((text, context) => {
    const parsed = parseInstant(text)
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message: 'is an instant with its zone, such as 2026-11-01T00:00:00+01:00' })
    return z.NEVER
  })
  .meta({ format: 'date-time' })
const kinds = Object.keys(problemTitles) as [ProblemKind, ...ProblemKind[]]
const problemKind = z.enum(kinds)
/** What a person chooses at least; any longer sentence will do. */
const passwordMin = 12
const revisionNumber = z.coerce.number().int().min(1).max(1_000_000_000)
const linkState = z.enum(['intended', 'sent', 'linked', 'rejected', 'unknown'])
const max = z.coerce.number().int().min(1).max(500).default(50).describe('Rows at most')
const list = <T extends z.ZodType>(row: T) => z.array(row).readonly()

const money = z.object({ currency: z.string(), amount: z.string() })

const failure = z.object({
  problem: z.looseObject({ kind: problemKind }),
  message: z.string(),
  fix: z.string(),
  field: z.string().optional(),
})

const account = z.object({
  id: z.string(),
  name: z.string(),
  timeZone: z.string(),
  currency: z.string().nullable(),
  apiVersion: z.string(),
})

const connection = z.object({
  connection: z.string(),
  system: z.string(),
  account: account.nullable(),
  pausedBecause: failure.nullable().describe('Null when it works'),
  pausedUntil: instant.nullable(),
  failures: z.number().describe('Failures in a row'),
  quotas: list(
    z.object({
      name: z.string().describe('The window: `day`, `10 seconds`'),
      limit: z.number(),
      remaining: z.number().describe('As the system counts, the use by others included'),
      windowMs: z.number(),
      endsAt: instant.describe('When it is counted anew'),
    }),
  ).describe('What is left of its calls; empty where it tells of none'),
  parallel: z
    .object({
      calls: z.number().describe('As many at once as it takes, as it was learnt'),
      most: z.number().describe('As many as the connector or its settings allow'),
      held: z.number().describe('That processes hold now'),
    })
    .nullable()
    .describe('Calls at once; null where nothing is known of them'),
})

const quotaWait = z.object({
  sync: z.string(),
  lane: z.enum(['live', 'retry', 'backfill']).describe('Work of this lane and of those behind it waits'),
  connection: z.string(),
  until: instant,
  records: z.number(),
})

const connectionCheck = z.object({
  connection: z.string(),
  system: z.string(),
  report: z
    .object({
      account,
      findings: list(
        z.object({
          level: z.enum(['ok', 'warning', 'error']),
          subject: z.string(),
          message: z.string(),
          fix: z.string().optional(),
        }),
      ),
    })
    .nullable(),
  failure: failure.nullable().describe('Why there is no report'),
})

const systemSetting = z.object({
  name: z.string(),
  description: z.string(),
  secret: z.boolean().describe('It can be set and is never shown'),
  required: z.boolean(),
  asked: z.boolean().describe('Whether it is asked for when a connection is set up; the others are for who needs them'),
  kind: z.enum(['text', 'number', 'switch', 'texts', 'numbers']),
  options: list(z.string()).nullable().describe('Legal values, where they are few; the first one is the default'),
  fallback: z.string().nullable().describe('What counts when nothing is given'),
  file: z.boolean().describe('Its value may be the contents of a file'),
})
const connectionName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,40}$/, 'a name has small letters, digits, "_" and "-", and begins with a letter')
const settingText = words(20_000)
const settings = z
  .record(
    words(100),
    z.union([settingText, z.number(), z.boolean(), z.array(z.union([settingText, z.number()])).max(100), z.null()]),
  )
  .describe('By name; null takes one away. Secrets among them are kept encrypted, and stand in no file')
const setupStep = z.object({
  subject: z.string(),
  outcome: z.enum(['created', 'present', 'differs']),
  message: z.string(),
})

const run = z.object({
  id: z.string(),
  sync: z.string(),
  kind: z.enum(['scheduled', 'webhook', 'manual', 'backfill', 'retry', 'reconcile']),
  state: z.enum(['running', 'done', 'stopped']),
  startedAt: instant,
  endedAt: instant.nullable(),
  counts: z
    .record(z.string(), z.number())
    .describe(
      'By outcome: found, created, updated, unchanged, cancelled, reported, left_out, planned, problems, deferred, made',
    ),
  reason: z.string().nullable().describe('Why it stopped early'),
  waitsUntil: instant
    .nullable()
    .describe('Until when it waits for a quota, after which it goes on by itself; null when it does not'),
  actor: z.string().nullable().describe('Who asked for it; null for Crosswalk itself'),
})

const sync = z.object({
  sync: z.string(),
  from: z.string(),
  to: z.string(),
  document: z.string(),
  mode: z.enum(['live', 'shadow']),
  enabledAt: instant,
  schedule: z.string().nullable(),
  heldBecause: z.string().nullable().describe('Why nothing is delivered until a person resumes it'),
  extraOrders: z.number().describe('New orders allowed beyond the guard'),
  lookedAt: instant.nullable().describe('When its source was last looked at with success'),
  inbox: z
    .object({ due: z.number(), later: z.number(), inWork: z.number(), oldest: instant.nullable() })
    .nullable()
    .describe('Records with a change that is not delivered yet'),
  problems: z.number().describe('That wait for a person'),
  mutedProblems: z.number().describe('That somebody muted'),
  lastRun: run.nullable(),
})

const laneName = z.enum(['live', 'retry', 'backfill'])

const backfillProgress = z.object({
  run,
  found: z.number().describe('Deals queued so far'),
  left: z.number().describe('Of these, those that wait or are in work below live traffic'),
  done: z.number().describe('Of these, all others: delivered, parked on a problem, or taken over by live traffic'),
  doneAt: instant
    .nullable()
    .describe(
      'When none will be left, at the rate of the last minutes that this server has watched; null while it is not known',
    ),
})

const alertChannel = z.object({
  channel: z.string(),
  kind: z.enum(['email', 'slack', 'teams', 'wecom', 'dingtalk', 'feishu', 'json']),
  toldAt: instant.nullable().describe('When the last message arrived'),
  failures: z.number().describe('Failures in a row'),
  failingSince: instant.nullable(),
  nextTryAt: instant.nullable(),
  failure: failure.nullable().describe('Null when it works'),
})

const severity = z.enum(['warning', 'urgent'])

const alertTest = z.object({
  channel: z.string(),
  kind: alertChannel.shape.kind,
  answer: z.string().nullable().describe('What the other side said; null where it did not take the message'),
  failure: failure.nullable(),
})

const openAlert = z.object({
  about: z.string().describe('The sync, or the connection'),
  kind: z
    .string()
    .describe(
      'A kind of problem, `stale` for a source that was not looked at in time, `expiring` for a login that ends',
    ),
  severity,
  title: z.string(),
  message: z.string(),
  fix: z.string(),
  since: instant,
  waiting: z.number().describe('Records that wait on it'),
  problem: z.string().nullable().describe('Its id under /problems; null for what is none'),
  told: list(z.object({ channel: z.string(), at: instant })).describe('Channels that know of it'),
})

const exceptions = z.object({
  count: z.number(),
  named: list(z.object({ id: z.string(), label: z.string().nullable() })).describe('The first 100 of them'),
})

const certificate = z.object({
  id: z.string(),
  sync: z.string(),
  at: instant,
  since: instant.describe('Deals won from then on'),
  won: z.number(),
  orders: z.number(),
  waiting: exceptions.describe('Won deals that wait on a problem'),
  missing: exceptions.describe('Won deals with neither an order nor a problem'),
  extra: exceptions.describe('Orders whose deal is not won'),
  erased: z.number().describe('Names that were taken out since, on request of who has them'),
  genuine: z.boolean().describe('Whether the signature is right'),
})

const comparison = z.object({
  won: z.number(),
  orders: z.number(),
  missing: exceptions.describe('Won deals with neither an order nor a problem'),
  extra: exceptions.describe('Orders whose deal is no longer won'),
  mended: z.number().describe('Records that were queued'),
})

const held = z.object({ sync: z.string(), heldBecause: z.string().nullable() })

const recordRef = z.object({ connection: z.string(), object: z.string(), id: z.string() })

const tableEntry = z.object({ table: z.string(), key: z.string() })
const problem = z.object({
  id: z.string(),
  sync: z.string(),
  kind: problemKind,
  message: z.string(),
  fix: z.string(),
  field: z.string().nullable(),
  firstSeen: instant,
  lastSeen: instant,
  waiting: z.number().describe('Records that wait on it'),
  records: list(recordRef).describe('The first few of them'),
  held: list(money).describe('What the deals among them are worth'),
  unknown: z.number().describe('Records whose worth is not known'),
  state: z
    .enum(problemStates)
    .describe(
      'new: open for less than 8 hours, and nobody did anything about it; escalating: ten times as many records wait as when it opened, or as when somebody last did something; came_back: it was over and opened again, and nobody did anything since; muted: until it gets worse, or its day comes; ongoing: any other that is open',
    ),
  cameBack: z.number().describe('How often it opened again after it was over'),
  assignee: z.string().nullable().describe('Who takes care of it'),
  mutedAt: instant.nullable().describe('Null where nobody muted it; a mute may be over, see `state`'),
  mutedBy: z.string().nullable(),
  mutedBecause: z.string().nullable(),
  mutedUntil: day.nullable().describe('The day on which it is told again, in the zone of the alerts'),
  closedAt: instant.nullable().describe('Null while it is open, and where it is not known'),
  closedHow: z
    .enum(problemEnds)
    .nullable()
    .describe(
      'How the last of its records went through. by_itself: it was tried again by Crosswalk; other_problem: what waited on it waits on another problem now',
    ),
  closedBy: z.string().nullable().describe('Null for Crosswalk itself'),
})
const waitingSum = z.object({
  problems: z.number(),
  records: z.number(),
  held: list(money).describe('What the deals among them are worth'),
  unknown: z.number().describe('Records whose worth is not known'),
})
const problemDeed = z.object({
  at: instant,
  deed: z.enum(['assigned', 'unassigned', 'muted', 'unmuted', ...problemEnds]),
  actor: z.string().nullable(),
  about: z.string().nullable().describe('To whom it was assigned, why it was muted'),
})

const deal = z.object({
  id: z.string(),
  sync: z.string(),
  kind: z.string(),
  state: linkState,
  source: z.object({ ref: recordRef, label: z.string().nullable() }).describe('The deal'),
  target: z
    .object({
      connection: z.string(),
      object: z.string(),
      id: z.string().nullable(),
      label: z.string().nullable(),
    })
    .describe('The order; its id is null until it is known'),
  worth: money.nullable().describe('Of the deal; null where it is not known'),
  origin: z.enum(['created', 'adopted']).nullable(),
  stage: z.string().nullable(),
  createdAt: instant,
  updatedAt: instant,
})

const timelineEntry = z.object({
  sync: z.string(),
  ref: recordRef.describe('The record that it is about'),
  at: instant,
  event: z.string(),
  text: z.string(),
  details: z.unknown(),
  actor: z.string().nullable().describe('Who asked for it; null for Crosswalk itself'),
})

const previewField = z.object({
  field: z.string(),
  rule: z.string(),
  source: z.string(),
  value: z.unknown(),
  name: z.string().nullable().describe('What people call the record that `value` is the id of'),
  changed: z
    .boolean()
    .nullable()
    .describe('Whether it differs from what was written last; null where nothing is changed'),
  note: z.string().nullable(),
})
const previewTotals = z.object({
  net: z.string().nullable(),
  tax: z.string().nullable(),
  total: z.string().nullable(),
  currency: z.string().nullable(),
})

const preview = z.object({
  sync: z.string(),
  recordId: z.string(),
  action: z.string().describe('What would happen: create, update, confirm, cancel, nothing, left out, problem'),
  label: z.string(),
  order: z.object({ number: z.string().nullable(), id: z.string() }).nullable(),
  fields: list(previewField),
  lines: list(
    z.object({
      key: z.string(),
      fields: z.record(z.string(), z.unknown()),
      names: z.record(z.string(), z.string()).describe('By field that holds an id: what people call the record'),
      changed: list(z.string()).nullable().describe('Fields that differ from what was written last'),
      now: z
        .record(z.string(), z.unknown())
        .nullable()
        .describe('The same line of the order as it is now; null for one that is not there, or not read'),
    }),
  ),
  gone: list(z.object({ key: z.string(), now: z.record(z.string(), z.unknown()) })).describe(
    'Lines of the order that the deal no longer has',
  ),
  differences: list(z.object({ text: z.string() })).describe(
    'What somebody changed in the order, and nobody has decided about',
  ),
  customer: z
    .object({
      id: z.string().nullable().describe('Null for one that would be created, from `fields`'),
      label: z.string().nullable(),
      by: z.string().nullable().describe('The values by which it was recognised; null where it was linked before'),
      fields: list(previewField),
    })
    .nullable(),
  totals: z
    .object({ source: previewTotals, target: previewTotals.nullable() })
    .nullable()
    .describe('What the deal says beside what the order says now'),
  failures: list(failure),
})

const shipment = z.object({
  number: z.string(),
  kind: z.enum(['delivery', 'return']),
  state: z.enum(['waiting', 'ready', 'shipped', 'cancelled']),
  carrier: z.string().nullable(),
  trackingNumber: z.string().nullable(),
  trackingUrl: z.string().nullable(),
  shippedDate: day.nullable(),
})
const documents = z.object({
  sync: z.string(),
  number: z.string().nullable(),
  url: z.string().nullable().describe('The order in the ERP'),
  promisedDate: day.nullable(),
  currency: z.string().nullable().describe('Of all amounts'),
  readAt: instant,
  shipments: list(shipment),
  invoices: list(
    z.object({
      number: z.string().nullable(),
      kind: z.enum(['invoice', 'credit_note']),
      state: z.enum(['draft', 'posted', 'cancelled']),
      paid: z.enum(['open', 'partly', 'paid']).nullable().describe('Null for what is not posted'),
      date: day.nullable(),
      due: day.nullable(),
      total: z.string(),
      outstanding: z.string(),
    }),
  ),
  payments: list(z.object({ date: day.nullable(), amount: z.string() })),
  productionOrders: list(
    z.object({
      number: z.string(),
      state: z.enum(['planned', 'in_progress', 'done', 'cancelled']),
      ordered: z.string().nullable(),
      produced: z.string().nullable(),
      dueDate: day.nullable(),
    }),
  ),
  purchaseOrders: list(
    z.object({
      number: z.string(),
      state: z.enum(['draft', 'ordered', 'received', 'cancelled']),
      dueDate: day.nullable(),
    }),
  ),
})

const shared = z.object({
  id: z.string(),
  sync: z.string(),
  ref: recordRef.describe('The deal'),
  createdBy: z.string().nullable(),
  createdAt: instant,
  endsAt: instant,
  usedAt: instant.nullable().describe('When it was last opened, to the minute'),
})
const orderPage = z.object({
  customer: z.string().nullable(),
  number: z.string().nullable(),
  stage: z.string().nullable(),
  seen: list(z.string()).describe('Stages that it has had'),
  isLookedInto: z.boolean().describe('Whether something keeps it from going on, or from being shown whole'),
  promisedDate: day.nullable(),
  shipments: list(shipment),
  invoices: list(
    z.object({
      number: z.string().nullable(),
      kind: z.enum(['invoice', 'credit_note']),
      paid: z.enum(['open', 'partly', 'paid']),
      due: day.nullable(),
    }),
  ),
  readAt: instant.nullable().describe('When the ERP was asked; null where it did not answer, or knows no order yet'),
})

const change = z.object({ path: z.string(), change: z.enum(['new', 'changed', 'removed']) })

const revision = z.object({
  number: z.number(),
  at: instant,
  actor: z.string().nullable().describe('Who published it'),
  note: z.string().nullable(),
  changes: list(change),
})

const finding = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  kind: z.string(),
  message: z.string(),
  fix: z.string().optional(),
})

const changedFiles = z
  .record(
    words(300),
    z.string().max(1_000_000).refine(noControls, 'a file has no control characters but line breaks').nullable(),
  )
  .refine((files) => Object.keys(files).length > 0, 'needs a file')
  .describe('Whole texts by path, such as `config/tables/terms.yaml`; null removes a file')

const publication = z.object({
  revision: revision.nullable().describe('In force now; null when it was refused'),
  changes: list(change),
  findings: list(finding).describe('Nothing has changed when there are any'),
})

const mappingTest = z.object({
  file: z.string(),
  line: z.number(),
  name: z.string(),
  ok: z.boolean(),
  message: z.string().nullable(),
})

/** A side of a comparison: what a value was or would be. */
const triedValue = z.object({
  value: z.unknown(),
  name: z.string().nullable().describe('What people call the record that `value` is the id of'),
})
const triedField = z.object({
  of: z.enum(['record', 'line', 'customer', 'below']),
  field: z.string(),
  records: z.number().describe('In how many it would come out differently'),
  examples: list(
    z.object({
      record: recordId,
      label: z.string(),
      line: z.string().nullable().describe('Key of the line, or name of the record below'),
      before: triedValue.nullable().describe('Null where the field is not set'),
      after: triedValue.nullable(),
    }),
  ).describe('The first few'),
})
const triedEnd = z.object({
  action: z.string().describe('As in a preview'),
  failure: failure.nullable(),
})

const released = z.object({ records: z.number().describe('Records that are tried again') })

/** Every error, RFC 9457 (application/problem+json). */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  fix: z.string(),
})
export type ProblemReply = z.output<typeof problemSchema>

const decided = z.object({
  sync: z.string(),
  deal: z.string(),
  decided: list(z.string()).describe('What was decided about: `Chair 4 → 7`'),
})
const only = words(200)
  .optional()
  .describe('Only what the problem tells with this text in it, such as `price`; everything when not given')

const ids = z.array(recordId).max(100).default([])
const erasing = z.object({
  connection: z.string().nullable().describe('Null where nothing was found'),
  deals: z.number(),
  open: z
    .number()
    .describe('Orders of these that are neither paid nor cancelled: what a delivery needs of them is stored again'),
  erased: z
    .object({
      links: z.number(),
      timeline: z.number(),
      problems: z.number(),
      webhooks: z.number(),
      alerts: z.number(),
      certificates: z.number(),
      runs: z.number(),
      shares: z.number().describe('Links to their orders'),
    })
    .describe('Rows that were erased or changed'),
  elsewhere: list(z.string()).describe('Where else the data may be, which is out of reach'),
})

/** What a person or a token may do; each may do what those before it may. */
export const roles = ['viewer', 'operator', 'mapper', 'admin'] as const
export type Role = (typeof roles)[number]
const role = z
  .enum(roles)
  .describe(
    'viewer: reads; operator: also retries, decides, links, holds, shares; mapper: also publishes mappings; admin: all',
  )

const accountName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._@+-]{0,99}$/, 'a name has letters, digits and . _ @ + -, such as an e-mail address')
const password = z.string().min(passwordMin, `a password has ${passwordMin} characters or more`).max(1000)
const user = z.object({
  name: z.string(),
  display: z.string().describe('What people call them'),
  role,
})
export type User = z.output<typeof user>
const signedIn = z.object({ user, endsAt: instant.describe('When the session ends at the latest') })
const person = user.extend({
  createdAt: instant,
  seenAt: instant.nullable().describe('When a session of theirs was last used'),
  isReady: z.boolean().describe('Whether they can sign in: with a password that they chose, or at the provider'),
  isSingleSignOn: z
    .boolean()
    .describe('Whether they sign in at the provider; there is no password and no link for them'),
  isDisabled: z.boolean(),
})
const oneTimeLink = z.object({
  user,
  link: z.string().describe('Shown once; below the address of this server. It lets choose a password, once'),
  endsAt: instant,
})
const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  role,
  createdBy: z.string(),
  createdAt: instant,
  endsAt: instant,
  usedAt: instant.nullable().describe('To the minute'),
})
const auditEntry = z.object({
  id: z.string(),
  at: instant,
  actor: z.string().nullable().describe('Null for somebody who is not known'),
  from: z.string().nullable().describe('The address that it came from'),
  action: z.string().describe('The operation of this API, such as `retryProblem`'),
  subject: z.record(z.string(), z.unknown()).describe('What it was asked for, without secrets'),
  outcome: z.enum(['done', 'refused', 'failed']),
})
const direction = z.enum(['asc', 'desc']).default('desc')
const next = z.string().nullable().describe('Give it as `after` for the rows that follow; null at the end')
const after = z
  .string()
  .regex(/^\d{1,18}$/, 'is `next` of a reply')
  .optional()
const place = z
  .string()
  .regex(/^[\w-]{1,1000}$/, 'is `next` of a reply')
  .optional()

/** What changes are told of; those of people are for admins. */
const topic = z.enum(['deals', 'problems', 'runs', 'status', 'project', 'audit', 'accounts'])
export type Topic = z.output<typeof topic>

const format = z.enum(['csv', 'json']).default('csv')
const ofProblems = {
  sync: name.optional(),
  kind: problemKind.optional(),
  state: z
    .enum(['open', ...problemStates])
    .optional()
    .describe(
      'All that are open, muted ones among them, when not given; open: all but the muted ones; closed: the newest first',
    ),
  assignee: accountName.optional(),
}
const ofDeals = {
  text: words(200)
    .optional()
    .describe(
      'Part of a name, a number or an id of either side: deal, customer, purchase order, article, order, invoice, tracking',
    ),
  state: linkState.optional(),
  stage: words(40).optional().describe('Of the order: `shipped`'),
  open: z.enum(['true', 'false']).optional().describe('Only orders that are not over yet, or only those that are'),
}
const ofRuns = { sync: name.optional() }
const ofAudit = { text: words(200).optional() }
const counted = (what: string) => z.number().default(0).describe(`Records: ${what}`)

const nothing = z.strictObject({})
const bare = { params: nothing, query: nothing, body: nothing, status: 200, form: 'value' } as const

export interface Route {
  /** Who may ask; `anyone` also without a session or a token. */
  readonly role: Role | 'anyone'
  readonly method: 'get' | 'post'
  /** Below /api/v1; parameters as `:name`. */
  readonly path: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly body: z.ZodObject
  readonly status: 200 | 202
  /**
   * `value`: one reply in JSON. `events`: a stream of server-sent events, each of which has one in its data. `rows`: any number of
   * them, as CSV or as a list in JSON, by the `format` of the query.
   */
  readonly form: 'value' | 'events' | 'rows'
  readonly reply: z.ZodType
}

export const contract = {
  getSession: {
    ...bare,
    role: 'anyone',
    method: 'get',
    path: '/session',
    summary: 'Who is asking',
    reply: z.object({
      user: user.nullable().describe('Null for nobody'),
      endsAt: instant.nullable(),
      isSetUp: z
        .boolean()
        .describe('Whether anybody has an account; else the log of the server has a link to begin with'),
      oidc: z
        .object({ name: z.string().describe('What people call it') })
        .nullable()
        .describe(
          'Where people sign in besides, by opening /api/v1/session/oidc; null where they have passwords alone',
        ),
    }),
  },
  logIn: {
    ...bare,
    role: 'anyone',
    method: 'post',
    path: '/session',
    summary: 'Begins a session; the reply sets its cookie',
    body: z.strictObject({ name: accountName, password: z.string().min(1).max(1000) }),
    reply: signedIn,
  },
  redeemLink: {
    ...bare,
    role: 'anyone',
    method: 'post',
    path: '/session/redeem',
    summary: 'Chooses a password by a one-time link, and begins a session',
    body: z.strictObject({ token: words(100), password }),
    reply: signedIn,
  },
  logOut: {
    ...bare,
    role: 'viewer',
    method: 'post',
    path: '/session/end',
    summary: 'Ends the session',
    reply: z.object({ ended: z.boolean() }),
  },
  changePassword: {
    ...bare,
    role: 'viewer',
    method: 'post',
    path: '/session/password',
    summary: 'Changes the own password; all other sessions end',
    body: z.strictObject({ current: z.string().min(1).max(1000), password }),
    reply: z.object({ ended: z.number().describe('Other sessions') }),
  },
  listAccounts: {
    ...bare,
    role: 'admin',
    method: 'get',
    path: '/accounts',
    summary: 'People who may sign in',
    reply: z.object({ accounts: list(person) }),
  },
  addAccount: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/accounts',
    summary: 'Adds a person, who chooses a password by the link of the reply',
    body: z.strictObject({ name: accountName, display: words(100), role }),
    reply: oneTimeLink,
  },
  linkAccount: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/accounts/:account/link',
    summary: 'A new one-time link for a person who lost the password; sessions go on until it is used',
    params: z.strictObject({ account: accountName }),
    reply: oneTimeLink,
  },
  changeAccount: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/accounts/:account',
    summary: 'Changes the role of a person, or keeps one from signing in; takes effect at once',
    params: z.strictObject({ account: accountName }),
    body: z
      .strictObject({ role: role.optional(), isDisabled: z.boolean().optional() })
      .refine((change) => change.role !== undefined || change.isDisabled !== undefined, 'changes nothing'),
    reply: z.object({ account: person }),
  },
  listTokens: {
    ...bare,
    role: 'admin',
    method: 'get',
    path: '/tokens',
    summary: 'Tokens for other programs',
    reply: z.object({ tokens: list(apiToken) }),
  },
  addToken: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/tokens',
    summary: 'A token for another program',
    body: z.strictObject({
      name: words(100),
      role,
      days: z.int().min(1).max(3650).default(365).describe('After which it ends'),
    }),
    reply: z.object({ token: apiToken, secret: z.string().describe('Shown once') }),
  },
  endToken: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/tokens/:id/end',
    summary: 'Ends a token at once',
    params: z.strictObject({ id: problemId }),
    reply: z.object({ ended: z.boolean() }),
  },
  listAudit: {
    ...bare,
    role: 'admin',
    method: 'get',
    path: '/audit',
    summary: 'Who asked for what, newest first; also what was refused',
    query: z.strictObject({ ...ofAudit, after, max }),
    reply: z.object({ entries: list(auditEntry), next }),
  },
  events: {
    ...bare,
    form: 'events',
    role: 'viewer',
    method: 'get',
    path: '/events',
    summary: 'Tells what has changed as it changes, never the data itself; ends now and then, to be asked for anew',
    reply: z.object({ topics: list(topic).describe('Whose lists and pages are worth asking for again') }),
  },
  home: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/home',
    summary: 'How it goes, at a glance',
    query: z.strictObject({
      zone: zone.default('UTC').describe('Whose days are counted'),
    }),
    reply: z.object({
      today: z.number().describe('Orders made today'),
      newest: z.object({ deal: recordRef, label: z.string().nullable(), at: instant }).nullable(),
      waiting: waitingSum.describe('What waits for a person'),
      muted: waitingSum.describe('What waits on problems that somebody muted'),
      stages: list(z.object({ stage: z.string().nullable(), count: z.number() })).describe('Orders by stage'),
      days: list(z.object({ day: z.string(), orders: z.number() })).describe('The last 30, the oldest first'),
      certificates: list(
        z.object({
          sync: z.string(),
          at: instant,
          won: z.number(),
          orders: z.number(),
          waiting: z.number(),
          missing: z.number(),
          extra: z.number(),
          genuine: z.boolean().describe('Whether the signature is right'),
        }),
      ).describe('The last nightly comparison of each sync of deals'),
      connections: list(connection),
      syncs: list(sync),
    }),
  },
  listOperations: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/operations',
    summary: 'All that this API can be asked for, to be read; for programs there is /api/v1/openapi.json',
    reply: z.object({
      operations: list(
        z.object({
          name: z.string(),
          method: z.enum(['get', 'post']),
          path: z.string(),
          role: z.enum([...roles, 'anyone']).describe('Who may ask at least'),
          summary: z.string(),
          parameters: list(
            z.object({
              name: z.string(),
              in: z.enum(['path', 'query']),
              required: z.boolean(),
              description: z.string().nullable(),
              schema: z.string(),
            }),
          ),
          body: z.string().nullable().describe('Its JSON schema; null for none'),
          replies: list(z.object({ type: z.string(), schema: z.string() })).describe('By media type'),
        }),
      ),
    }),
  },
  status: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/status',
    summary: 'Connections, syncs and orders at a glance',
    reply: z.object({
      connections: list(connection),
      syncs: list(sync),
      waits: list(quotaWait).describe('Syncs that wait until a quota is free again, and go on by themselves'),
      alerts: list(alertChannel),
      orders: list(z.object({ state: linkState, stage: z.string().nullable(), count: z.number() })),
    }),
  },
  listConnections: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/connections',
    summary: 'Connections and their state',
    reply: z.object({ connections: list(connection) }),
  },
  checkConnection: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/connections/:name/check',
    summary: 'Checks address, login and permissions of a connection; writes nothing',
    params: z.strictObject({ name }),
    reply: connectionCheck,
  },
  listSystems: {
    ...bare,
    role: 'admin',
    method: 'get',
    path: '/systems',
    summary: 'The systems that can be connected, and what they take',
    reply: z.object({
      systems: list(
        z.object({
          name: z.string(),
          title: z.string(),
          role: z.enum(['crm', 'erp']),
          settings: list(systemSetting),
          steps: z
            .object({ en: list(z.string()), zh: list(z.string()) })
            .describe('What is to be done in the system first, in the words of its own menus'),
        }),
      ),
    }),
  },
  tryConnection: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/systems/:system/try',
    summary: 'Proves a connection as it would be, and tells what its account has; writes nothing anywhere',
    params: z.strictObject({ system: name }),
    body: z.strictObject({
      connection: connectionName.describe('Of one that is there, what is not given is as it is'),
      settings,
    }),
    reply: z.object({
      check: connectionCheck,
      choices: list(
        z.object({
          subject: z.string(),
          options: list(
            z.object({ value: z.union([z.string(), z.number()]), label: z.string(), hint: z.string().optional() }),
          ),
          decides: z
            .union([z.object({ setting: z.string(), several: z.boolean() }), z.object({ where: z.string() })])
            .nullable()
            .describe('A setting of the connection, or a condition on deals; null where nothing is to be chosen'),
          otherwise: z.string().describe('What happens unless something is chosen'),
        }),
      ).describe('None where the check did not pass'),
      sets: z.boolean().describe('Whether `setup` creates something that the account lacks'),
    }),
  },
  getConnection: {
    ...bare,
    role: 'admin',
    method: 'get',
    path: '/connections/:name',
    summary: 'A connection as it is configured, without its secrets',
    params: z.strictObject({ name }),
    reply: z.object({
      connection: z.string(),
      system: z.string(),
      settings: z
        .record(z.string(), z.unknown())
        .describe('As they are written: what the environment gives is its variable, `${NAME}`'),
      secrets: list(z.string()).describe('Names of the secrets that it has'),
    }),
  },
  putConnection: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/connections/:connection',
    summary: 'Adds a connection, or changes the one that is there, in all processes; refused with findings',
    params: z.strictObject({ connection: connectionName }),
    body: z.strictObject({ system: name, settings, note: words(500).optional() }),
    reply: publication,
  },
  removeConnection: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/connections/:name/remove',
    summary: 'Takes a connection away, with its secrets; refused with findings where a sync needs it',
    params: z.strictObject({ name }),
    body: z.strictObject({ note: words(500).optional() }),
    reply: publication,
  },
  setupConnection: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/connections/:name/setup',
    summary: 'Creates in a CRM the fields that show order, progress and problems on a deal',
    params: z.strictObject({ name }),
    reply: z.object({ steps: list(setupStep) }),
  },
  beginSyncs: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/syncs',
    summary: 'Adds the first syncs between a CRM and an ERP, as dry runs; refused with findings',
    body: z.strictObject({
      crm: connectionName,
      erp: connectionName,
      timeZone: zone.default('UTC').describe('Of the schedule'),
      where: z
        .record(
          words(200),
          z
            .array(z.union([words(500), z.number()]))
            .min(1)
            .max(100),
        )
        .default({})
        .describe('Only deals for which all of this holds get an order, by paths of the CRM’s record'),
    }),
    reply: publication,
  },
  listSyncs: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/syncs',
    summary: 'Syncs and their inboxes',
    reply: z.object({ syncs: list(sync) }),
  },
  getSync: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/syncs/:name',
    summary: 'All that is in force of one sync, and how it goes',
    params: z.strictObject({ name }),
    reply: z.object({
      sync: z.string(),
      document: z.string(),
      from: z.string(),
      to: z.string(),
      mode: z.enum(['live', 'shadow']),
      hasDeals: z.boolean().describe('Whether its records are deals, which can be backfilled and compared'),
      batch: z.number().describe('Records worked on at once'),
      enabledAt: instant.describe('When it first started'),
      since: instant.describe('Records from then on'),
      where: z.record(z.string(), z.unknown()).nullable().describe('Values that a record must have, by path'),
      schedule: z
        .object({
          cron: z.string(),
          timeZone: z.string(),
          next: list(instant).describe('The next five times'),
        })
        .nullable(),
      guard: z
        .object({
          perHour: z.number().describe('New orders in any one hour'),
          used: z.number().describe('In the last hour'),
          extra: z.number().describe('Allowed beyond it, once'),
        })
        .nullable(),
      policies: list(
        z.object({
          name: z.string(),
          value: z.unknown(),
          choices: list(z.string()).describe('Empty where it is no choice of a few words'),
        }),
      ),
      mappings: list(z.object({ path: z.string(), origin: z.enum(['published', 'disk', 'shipped']) })),
      revision: z
        .object({ number: z.number(), at: instant })
        .nullable()
        .describe('What was published last; null when nothing was'),
      heldBecause: z.string().nullable(),
      lookedAt: instant.nullable().describe('When its source was last looked at with success'),
      lanes: list(z.object({ lane: laneName, due: z.number(), later: z.number(), inWork: z.number() })).describe(
        'Records with a change that is not delivered yet',
      ),
      problems: z.object({ count: z.number(), first: list(problem) }),
      runs: list(run).describe('The last ten'),
      backfill: backfillProgress.nullable().describe('The last one'),
      shadow: z
        .object({
          counts: run.shape.counts.describe('Of the last ten runs, added up'),
          planned: list(z.object({ ref: recordRef, at: instant, event: z.string(), text: z.string() })).describe(
            'What would have been done, the newest first',
          ),
        })
        .nullable()
        .describe('Null for a sync that is live'),
    }),
  },
  changeSync: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/syncs/:name',
    summary:
      'Changes the configuration of a sync where it stands, and publishes it; what is not named stays as it is. One that goes live is run at once',
    params: z.strictObject({ name }),
    body: z
      .strictObject({
        mode: z.enum(['live', 'shadow']).optional(),
        schedule: z
          .strictObject({ cron: words(100), timeZone: zone.default('UTC') })
          .nullable()
          .optional()
          .describe('Null leaves it to webhooks and to runs by hand'),
        perHour: z.int().min(0).max(1_000_000).optional().describe('New orders an hour that the guard lets through'),
        policies: z.record(words(100), words(100)).optional().describe('A choice by name, such as `amended.confirmed`'),
        note: words(500).optional(),
      })
      .refine(({ note: _, ...change }) => Object.values(change).some((one) => one !== undefined), 'changes nothing'),
    reply: publication,
  },
  backfillSync: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/syncs/:name/backfill',
    summary:
      'Counts won deals without an order, or queues them below live traffic. Takes as long as the CRM needs: until `isDone`, asking the same again waits for it',
    params: z.strictObject({ name }),
    body: z
      .strictObject({
        from: moment.optional().describe('Deals won from then on'),
        deals: z.array(recordId).min(1).max(1000).optional().describe('These, whenever they were won'),
        dryRun: z.boolean().default(true).describe('Counts only'),
      })
      .refine(({ from, deals }) => (from === undefined) !== (deals === undefined), 'needs either `from` or `deals`'),
    status: 202,
    reply: z.object({
      isDone: z.boolean(),
      found: z.number().nullable().describe('Null until it is done; `getSync` tells how far it is'),
    }),
  },
  reconcileSync: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/syncs/:name/reconcile',
    summary:
      'Compares every won deal with the orders. Takes as long as the CRM needs: until `isDone`, asking the same again waits for it',
    params: z.strictObject({ name }),
    body: z.strictObject({ mend: z.boolean().default(false).describe('Queues what is missing or extra') }),
    status: 202,
    reply: z.object({ isDone: z.boolean(), comparison: comparison.nullable().describe('Null until it is done') }),
  },
  listCertificates: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/certificates',
    summary: 'What the nightly comparisons found, newest first, with the exceptions by name',
    query: z.strictObject({ sync: name.optional(), max }),
    reply: z.object({ certificates: list(certificate) }),
  },
  listAlerts: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/alerts',
    summary: 'The channels by which people are told, and what is open now',
    reply: z.object({
      channels: list(
        alertChannel.extend({
          severities: list(severity).describe('What is told there'),
          daily: z.boolean().describe('Whether the result of the nightly comparison is told there'),
        }),
      ),
      open: list(openAlert).describe('The longest first, 500 at most'),
    }),
  },
  testAlert: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/alerts/:name/test',
    summary: 'Sends a test message to a channel',
    params: z.strictObject({ name }),
    reply: alertTest,
  },
  runSync: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/syncs/:name/run',
    summary: 'Queues a run of a sync',
    params: z.strictObject({ name }),
    status: 202,
    reply: z.object({ sync: z.string() }),
  },
  pauseSync: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/syncs/:name/pause',
    summary: 'Holds the delivery of a sync until it is resumed',
    params: z.strictObject({ name }),
    body: z.strictObject({ because: words(500).default('Paused by hand') }),
    reply: held,
  },
  resumeSync: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/syncs/:name/resume',
    summary: 'Resumes a held sync',
    params: z.strictObject({ name }),
    body: z.strictObject({
      allow: z.int().min(1).max(100_000).optional().describe('New orders allowed beyond the guard, once'),
    }),
    reply: held,
  },
  listRuns: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/runs',
    summary: 'Runs, newest first',
    query: z.strictObject({ ...ofRuns, after, max }),
    reply: z.object({ runs: list(run), next }),
  },
  listProblems: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/problems',
    summary: 'Problems: those that are open, or of a state',
    query: z.strictObject({
      ...ofProblems,
      sort: z
        .enum(['seen', 'opened'])
        .default('seen')
        .describe('By when it was last seen, or in the order in which they were first; a problem moves in the former'),
      order: direction,
      after: place,
      max,
    }),
    reply: z.object({ problems: list(problem), next }),
  },
  getProblem: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/problems/:id',
    summary:
      'One problem with the records that wait on it, the largest amounts first; also a closed one, for as long as it is kept',
    params: z.strictObject({ id: problemId }),
    reply: z.object({
      problem,
      waiting: list(
        recordRef.extend({
          label: z.string().nullable().describe('Null for what is not known, or is none of the main records of a sync'),
          amount: z.string().nullable(),
          currency: z.string().nullable(),
        }),
      ).describe('The first 1,000'),
      entry: tableEntry.nullable().describe('What a table lacks, where that is the reason'),
      deeds: list(problemDeed).describe('What people did about it, the newest 100 first'),
    }),
  },
  listAssignees: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/assignees',
    summary: 'People that a problem may be assigned to',
    reply: z.object({ people: list(user.pick({ name: true, display: true })) }),
  },
  assignProblem: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/problems/:id/assign',
    summary: 'Says who takes care of an open problem',
    params: z.strictObject({ id: problemId }),
    body: z.strictObject({ assignee: accountName.nullable().describe('Null for nobody') }),
    reply: z.object({ id: z.string(), assignee: z.string().nullable() }),
  },
  muteProblem: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/problems/:id/mute',
    summary:
      'Mutes an open problem until ten times as many records wait, until it is of a graver kind, or until a day; a mute ends with its problem',
    params: z.strictObject({ id: problemId }),
    body: z.strictObject({
      because: words(500),
      until: day
        .transform((text, context) => {
          const date = parsePlainDate(text)
          if (date === null) context.addIssue('is a day, such as 2026-12-01')
          return date ?? z.NEVER
        })
        .optional()
        .describe('The day on which it is told again, in the zone of the alerts'),
    }),
    reply: z.object({ id: z.string(), mutedBecause: z.string(), mutedUntil: day.nullable() }),
  },
  unmuteProblem: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/problems/:id/unmute',
    summary: 'Ends the mute of a problem',
    params: z.strictObject({ id: problemId }),
    reply: z.object({ id: z.string() }),
  },
  retryProblem: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/problems/:id/retry',
    summary: 'Retries all records of a problem',
    params: z.strictObject({ id: problemId }),
    status: 202,
    reply: released,
  },
  retryRecords: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/records/retry',
    summary: 'Retries records of a sync',
    body: z.strictObject({ sync: name, records: z.array(recordId).min(1).max(1000) }),
    status: 202,
    reply: released,
  },
  linkCustomer: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/syncs/:name/customers/:id/link',
    summary: 'Links a customer of the CRM to a customer of the ERP; deals that wait on a customer are tried again',
    params: z.strictObject({ name, id: recordId }),
    body: z.strictObject({
      target: recordId.describe('Id of the customer in the ERP'),
      move: z.boolean().default(false).describe('Unlinks it from the customer of the CRM that it belongs to now'),
    }),
    status: 202,
    reply: z.object({
      sync: z.string(),
      customer: z.string(),
      target: z.string(),
      movedFrom: z.string().nullable().describe('The customer of the CRM that it belonged to before'),
      records: z.number().describe('Deals that are tried again'),
    }),
  },
  listDeals: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/deals',
    summary: 'Deals and their orders, newest first unless sorted otherwise',
    query: z.strictObject({
      ...ofDeals,
      sort: z
        .enum(['created', 'updated', 'deal', 'order', 'amount', 'stage'])
        .default('created')
        .describe(
          'By the names of deal or order in any case; amounts whatever the currency, those that are not known below all others',
        ),
      order: direction,
      after: place,
      max,
    }),
    reply: z.object({ deals: list(deal), next }),
  },
  getDeal: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/deals/:id',
    summary: 'One deal: its orders, and what it waits on',
    params: z.strictObject({ id: recordId }),
    query: z.strictObject({ connection: name.optional().describe('Where several connections have a deal of that id') }),
    reply: z.object({
      deals: list(deal),
      failures: list(failure.extend({ sync: z.string() })).describe('What is wrong with this very deal'),
    }),
  },
  dealTimeline: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/deals/:id/timeline',
    summary: 'The timeline of a deal, oldest first',
    params: z.strictObject({ id: recordId }),
    query: z.strictObject({
      connection: name.optional().describe('Where several connections have a deal of that id'),
    }),
    reply: z.object({ entries: list(timelineEntry) }),
  },
  dealDocuments: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/deals/:id/documents',
    summary: 'What stands behind the order of a deal, read from the ERP now',
    params: z.strictObject({ id: recordId }),
    query: z.strictObject({ sync: name.optional() }),
    reply: documents,
  },
  shareDeal: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/deals/:id/share',
    summary: 'Makes a link by which anybody sees the order of this deal, without an account',
    params: z.strictObject({ id: recordId }),
    body: z.strictObject({
      sync: name.optional(),
      days: z.int().min(1).max(365).default(30).describe('After which it ends'),
    }),
    reply: z.object({
      shared,
      link: z.string().describe('Shown once; below the address of this server'),
    }),
  },
  listShares: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/shares',
    summary: 'Links to orders that are not over, newest first',
    query: z.strictObject({ deal: recordId.optional(), max }),
    reply: z.object({ shares: list(shared) }),
  },
  endShare: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/shares/:id/end',
    summary: 'Ends a link to an order at once',
    params: z.strictObject({ id: problemId }),
    reply: z.object({ ended: z.boolean() }),
  },
  sharedOrder: {
    ...bare,
    role: 'anyone',
    method: 'get',
    path: '/shared',
    summary: 'What a link to an order shows; its secret is sent as a bearer token',
    reply: z.object({ order: orderPage, endsAt: instant.describe('When the link ends') }),
  },
  acceptDeal: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/deals/:id/accept',
    summary:
      'Accepts that the order differs from its deal in the values that the problem tells; a further change is told again',
    params: z.strictObject({ id: recordId }),
    body: z.strictObject({ sync: name.optional(), only }),
    status: 202,
    reply: decided,
  },
  overwriteDeal: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/deals/:id/overwrite',
    summary: 'Writes once more what the deal says to an order that was changed by hand, where the policies allow it',
    params: z.strictObject({ id: recordId }),
    body: z.strictObject({ sync: name.optional() }),
    status: 202,
    reply: decided,
  },
  ignoreDeal: {
    ...bare,
    role: 'operator',
    method: 'post',
    path: '/deals/:id/ignore',
    summary: 'Does not watch the values of the order that the problem tells any more',
    params: z.strictObject({ id: recordId }),
    body: z.strictObject({ sync: name.optional(), only }),
    status: 202,
    reply: decided,
  },
  exportDeals: {
    ...bare,
    form: 'rows',
    role: 'viewer',
    method: 'get',
    path: '/exports/deals',
    summary: 'All deals with their orders, newest first',
    query: z.strictObject({ ...ofDeals, format }),
    reply: z.object({
      sync: z.string(),
      dealConnection: z.string(),
      dealId: z.string(),
      deal: z.string().nullable().describe('What people call it'),
      orderConnection: z.string(),
      orderId: z.string().nullable(),
      order: z.string().nullable().describe('Its number'),
      amount: z.string().nullable(),
      currency: z.string().nullable(),
      stage: z.string().nullable(),
      state: linkState,
      origin: z.enum(['created', 'adopted']).nullable(),
      createdAt: instant,
      updatedAt: instant,
    }),
  },
  exportProblems: {
    ...bare,
    form: 'rows',
    role: 'viewer',
    method: 'get',
    path: '/exports/problems',
    summary: 'All problems, open ones unless a state is asked for, the one opened last first',
    query: z.strictObject({ ...ofProblems, format }),
    reply: z.object({
      id: z.string(),
      sync: z.string(),
      kind: problemKind,
      message: z.string(),
      fix: z.string(),
      field: z.string().nullable(),
      firstSeen: instant,
      lastSeen: instant,
      waiting: z.number().describe('Records that wait on it'),
      held: z.string().describe('What the deals among them are worth: `1200 EUR; 30 USD`'),
      unknown: z.number().describe('Records whose worth is not known'),
      state: z.enum(problemStates),
      assignee: z.string().nullable(),
      closedAt: instant.nullable(),
    }),
  },
  exportRuns: {
    ...bare,
    form: 'rows',
    role: 'viewer',
    method: 'get',
    path: '/exports/runs',
    summary: 'All runs, newest first',
    query: z.strictObject({ ...ofRuns, format }),
    reply: z.object({
      id: z.string(),
      sync: z.string(),
      kind: run.shape.kind,
      state: run.shape.state,
      startedAt: instant,
      endedAt: instant.nullable(),
      reason: run.shape.reason,
      waitsUntil: instant.nullable(),
      actor: run.shape.actor,
      found: counted('whose change was found'),
      created: counted('created'),
      updated: counted('updated'),
      unchanged: counted('that were so already'),
      cancelled: counted('cancelled'),
      reported: counted('reported back'),
      left_out: counted('left out'),
      planned: counted('that would have been written'),
      problems: counted('with a problem'),
      deferred: counted('that come again later'),
      made: counted('made along the way, such as customers'),
    }),
  },
  exportAudit: {
    ...bare,
    form: 'rows',
    role: 'admin',
    method: 'get',
    path: '/exports/audit',
    summary: 'All of the audit, newest first',
    query: z.strictObject({ ...ofAudit, format }),
    reply: auditEntry.extend({ subject: z.string().describe('In JSON: what it was asked for, without secrets') }),
  },
  erasePerson: {
    ...bare,
    role: 'admin',
    method: 'post',
    path: '/persons/erase',
    summary:
      'Erases what is stored of a person who asks to be forgotten, and of the deals; keys and numbers stay, so that no order is made again',
    body: z
      .strictObject({
        customers: ids.describe('Ids in the CRM, as problems name them, such as `company-77`'),
        contacts: ids.describe('Ids in the CRM of persons below a customer'),
        deals: ids.describe('Deals of the person, besides those that are found'),
        connection: name.optional().describe('Where several connections have such an id'),
        dryRun: z.boolean().default(true).describe('Counts what would be erased'),
      })
      .refine((whom) => whom.customers.length + whom.contacts.length + whom.deals.length > 0, 'needs an id'),
    reply: erasing,
  },
  previewDeal: {
    ...bare,
    role: 'viewer',
    method: 'post',
    path: '/deals/:id/preview',
    summary: 'Dry run for one deal: what would be written, each value with its rule',
    params: z.strictObject({ id: recordId }),
    body: z.strictObject({ sync: name.optional() }),
    reply: preview,
  },
  getProject: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/project',
    summary: 'The files of the project in force, and the revision that was published last',
    reply: z.object({ revision: revision.nullable(), files: list(z.string()) }),
  },
  addTableEntry: {
    ...bare,
    role: 'mapper',
    method: 'post',
    path: '/tables/:table/entries',
    summary: 'Adds an entry to a table and has it take effect; records that wait for it are tried again within seconds',
    params: z.strictObject({ table: z.string().regex(/^[\w-]{1,64}$/, 'is the name of a table') }),
    body: z.strictObject({
      key: words(500).describe('What the source has'),
      value: words(500).describe('What it stands for in the target'),
    }),
    reply: z.object({
      revision: revision.nullable().describe('In force now; null when it was refused'),
      findings: list(finding).describe('Nothing has changed when there are any'),
    }),
  },
  publishProject: {
    ...bare,
    role: 'mapper',
    method: 'post',
    path: '/project/publish',
    summary: 'Checks changed files and has them take effect in all processes, all or nothing; refused with findings',
    body: z.strictObject({ files: changedFiles, note: words(500).optional() }),
    reply: publication,
  },
  listProjectFiles: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/project/files',
    summary: 'The mappings in force with their tests, and the tables, whole; those that come with Crosswalk among them',
    reply: z.object({
      files: list(
        z.object({
          path: z.string(),
          kind: z.enum(['mapping', 'test', 'table']),
          origin: z
            .enum(['published', 'disk', 'shipped'])
            .describe('Published here, a file on the machine, or one that comes with Crosswalk'),
          syncs: list(z.string()).describe('Which syncs consist of it; none for a table'),
          text: z.string(),
        }),
      ),
    }),
  },
  checkDraft: {
    ...bare,
    role: 'mapper',
    method: 'post',
    path: '/project/check',
    summary: 'What `publish` would say of changed files, with warnings and the tests of what changed; changes nothing',
    body: z.strictObject({ files: changedFiles }),
    reply: z.object({
      changes: list(change),
      findings: list(finding).describe('They keep it from being published'),
      warnings: list(finding),
      tests: list(mappingTest),
    }),
  },
  tryDraft: {
    ...bare,
    role: 'mapper',
    method: 'post',
    path: '/project/try',
    summary: 'What would come out differently, by field, if changed files were in force; writes nothing anywhere',
    body: z.strictObject({
      files: changedFiles,
      sync: name.describe('Whose records are tried'),
      last: z.int().min(1).max(200).default(50).describe('The newest records with an order'),
      records: z.array(recordId).max(200).default([]).describe('These instead of the newest'),
    }),
    reply: z.object({
      findings: list(finding).describe('Nothing was tried when there are any'),
      tried: z.number().describe('Records that were tried'),
      same: z.number().describe('Those that come out as they do now'),
      fields: list(triedField).describe('The most frequent first'),
      ends: list(z.object({ record: recordId, label: z.string(), before: triedEnd, after: triedEnd })).describe(
        'Records of which something else would become',
      ),
    }),
  },
  listRevisions: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/revisions',
    summary: 'What was published, the newest first',
    query: z.strictObject({ after: revisionNumber.optional(), max }),
    reply: z.object({
      revisions: list(
        z.object({ ...revision.shape, kept: z.boolean().describe('Whether its files are still there, to go back to') }),
      ),
      next: z.number().nullable().describe('Give it as `after` for the rows that follow; null at the end'),
    }),
  },
  getRevision: {
    ...bare,
    role: 'viewer',
    method: 'get',
    path: '/revisions/:number',
    summary: 'What a revision changed, text against text; of the configuration no more than that it did',
    params: z.strictObject({ number: revisionNumber }),
    reply: z.object({
      revision,
      files: list(
        z.object({
          path: z.string(),
          before: z.string().nullable().describe('Null for a file that was not there, or not published before'),
          after: z.string().nullable(),
        }),
      ),
    }),
  },
  revertTo: {
    ...bare,
    role: 'mapper',
    method: 'post',
    path: '/revisions/:number/revert',
    summary: 'Publishes the files of an earlier revision again, as a new revision; refused with findings',
    params: z.strictObject({ number: revisionNumber }),
    body: z.strictObject({ note: words(500).optional() }),
    reply: publication,
  },
} as const satisfies Record<string, Route>
export type Contract = typeof contract
