import type { z } from 'zod'
import type { Contract } from '../api/contract.ts'

/** The routes that the console uses. The compiler compares them with the contract, which itself stays on the server. */
const routes = {
  getSession: { method: 'get', path: '/session' },
  logIn: { method: 'post', path: '/session' },
  redeemLink: { method: 'post', path: '/session/redeem' },
  logOut: { method: 'post', path: '/session/end' },
  changePassword: { method: 'post', path: '/session/password' },
  listAccounts: { method: 'get', path: '/accounts' },
  addAccount: { method: 'post', path: '/accounts' },
  linkAccount: { method: 'post', path: '/accounts/:account/link' },
  changeAccount: { method: 'post', path: '/accounts/:account' },
  listTokens: { method: 'get', path: '/tokens' },
  addToken: { method: 'post', path: '/tokens' },
  endToken: { method: 'post', path: '/tokens/:id/end' },
  listAudit: { method: 'get', path: '/audit' },
  home: { method: 'get', path: '/home' },
  listOperations: { method: 'get', path: '/operations' },
  status: { method: 'get', path: '/status' },
  checkConnection: { method: 'post', path: '/connections/:name/check' },
  listSystems: { method: 'get', path: '/systems' },
  tryConnection: { method: 'post', path: '/systems/:system/try' },
  getConnection: { method: 'get', path: '/connections/:name' },
  putConnection: { method: 'post', path: '/connections/:connection' },
  removeConnection: { method: 'post', path: '/connections/:name/remove' },
  setupConnection: { method: 'post', path: '/connections/:name/setup' },
  beginSyncs: { method: 'post', path: '/syncs' },
  listSyncs: { method: 'get', path: '/syncs' },
  getSync: { method: 'get', path: '/syncs/:name' },
  changeSync: { method: 'post', path: '/syncs/:name' },
  backfillSync: { method: 'post', path: '/syncs/:name/backfill' },
  reconcileSync: { method: 'post', path: '/syncs/:name/reconcile' },
  listCertificates: { method: 'get', path: '/certificates' },
  listAlerts: { method: 'get', path: '/alerts' },
  testAlert: { method: 'post', path: '/alerts/:name/test' },
  runSync: { method: 'post', path: '/syncs/:name/run' },
  pauseSync: { method: 'post', path: '/syncs/:name/pause' },
  resumeSync: { method: 'post', path: '/syncs/:name/resume' },
  listRuns: { method: 'get', path: '/runs' },
  listProblems: { method: 'get', path: '/problems' },
  getProblem: { method: 'get', path: '/problems/:id' },
  retryProblem: { method: 'post', path: '/problems/:id/retry' },
  listAssignees: { method: 'get', path: '/assignees' },
  assignProblem: { method: 'post', path: '/problems/:id/assign' },
  muteProblem: { method: 'post', path: '/problems/:id/mute' },
  unmuteProblem: { method: 'post', path: '/problems/:id/unmute' },
  retryRecords: { method: 'post', path: '/records/retry' },
  listDeals: { method: 'get', path: '/deals' },
  getDeal: { method: 'get', path: '/deals/:id' },
  dealDocuments: { method: 'get', path: '/deals/:id/documents' },
  dealTimeline: { method: 'get', path: '/deals/:id/timeline' },
  previewDeal: { method: 'post', path: '/deals/:id/preview' },
  shareDeal: { method: 'post', path: '/deals/:id/share' },
  listShares: { method: 'get', path: '/shares' },
  endShare: { method: 'post', path: '/shares/:id/end' },
  sharedOrder: { method: 'get', path: '/shared' },
  acceptDeal: { method: 'post', path: '/deals/:id/accept' },
  overwriteDeal: { method: 'post', path: '/deals/:id/overwrite' },
  ignoreDeal: { method: 'post', path: '/deals/:id/ignore' },
  addTableEntry: { method: 'post', path: '/tables/:table/entries' },
  linkCustomer: { method: 'post', path: '/syncs/:name/customers/:id/link' },
  listProjectFiles: { method: 'get', path: '/project/files' },
  checkDraft: { method: 'post', path: '/project/check' },
  tryDraft: { method: 'post', path: '/project/try' },
  publishProject: { method: 'post', path: '/project/publish' },
  listRevisions: { method: 'get', path: '/revisions' },
  getRevision: { method: 'get', path: '/revisions/:number' },
  revertTo: { method: 'post', path: '/revisions/:number/revert' },
} as const satisfies { readonly [K in keyof Contract]?: { method: Contract[K]['method']; path: Contract[K]['path'] } }

/** Whole lists, which the browser stores by itself. */
const exports = {
  exportDeals: { form: 'rows', path: '/exports/deals' },
  exportProblems: { form: 'rows', path: '/exports/problems' },
  exportRuns: { form: 'rows', path: '/exports/runs' },
  exportAudit: { form: 'rows', path: '/exports/audit' },
} as const satisfies { readonly [K in keyof Contract]?: { form: Contract[K]['form']; path: Contract[K]['path'] } }
export type ExportName = keyof typeof exports
export type ExportQuery<K extends ExportName> = z.input<Contract[K]['query']>

export const exportAddress = <K extends ExportName>(name: K, query: ExportQuery<K>): string =>
  `/api/v1${exports[name].path}${queryText(query)}`

type Name = keyof typeof routes
type In<K extends Name, Part extends 'params' | 'query' | 'body'> = z.input<Contract[K][Part]>
type Given<K extends Name, Part extends 'params' | 'query' | 'body'> =
  In<K, Part> extends Record<string, never>
    ? { readonly [P in Part]?: never }
    : Record<string, never> extends In<K, Part>
      ? { readonly [P in Part]?: In<K, Part> }
      : { readonly [P in Part]: In<K, Part> }

/** Asks with the secret of a link where one is given as `bearer`, and else with the session. */
export type Ask<K extends Name> = Given<K, 'params'> &
  Given<K, 'query'> &
  Given<K, 'body'> & { readonly bearer?: string }
export type Reply<K extends Name> = z.output<Contract[K]['reply']>

export type Connection = Reply<'home'>['connections'][number]
export type Operation = Reply<'listOperations'>['operations'][number]
export type ConnectionCheck = Reply<'checkConnection'>
export type SystemChoice = Reply<'listSystems'>['systems'][number]
export type SystemSetting = SystemChoice['settings'][number]
export type Configured = Reply<'getConnection'>
export type AccountChoice = Reply<'tryConnection'>['choices'][number]
export type Sync = Reply<'home'>['syncs'][number]
export type SyncDetails = Reply<'getSync'>
export type Policy = SyncDetails['policies'][number]
export type SyncChange = Ask<'changeSync'>['body']
export type StoredCertificate = Reply<'listCertificates'>['certificates'][number]
export type Exceptions = StoredCertificate['missing']
export type AlertChannel = Reply<'listAlerts'>['channels'][number]
export type OpenAlert = Reply<'listAlerts'>['open'][number]
export type Certificate = Reply<'home'>['certificates'][number]
export type Problem = Reply<'listProblems'>['problems'][number]
export type ProblemKind = Problem['kind']
export type ProblemDeed = Reply<'getProblem'>['deeds'][number]
export type Deal = Reply<'listDeals'>['deals'][number]
export type LinkState = Deal['state']
export type DealSort = NonNullable<In<'listDeals', 'query'>['sort']>
export type SortOrder = NonNullable<In<'listDeals', 'query'>['order']>
export type DealFailure = Reply<'getDeal'>['failures'][number]
export type TimelineEntry = Reply<'dealTimeline'>['entries'][number]
export type Preview = Reply<'previewDeal'>
export type PreviewField = Preview['fields'][number]
export type OrderDocuments = Reply<'dealDocuments'>
export type Run = Reply<'listRuns'>['runs'][number]
export type Person = Reply<'listAccounts'>['accounts'][number]
export type Token = Reply<'listTokens'>['tokens'][number]
export type AuditEntry = Reply<'listAudit'>['entries'][number]
export type Money = Problem['held'][number]
export type ProjectFile = Reply<'listProjectFiles'>['files'][number]
export type Check = Reply<'checkDraft'>
export type Finding = Check['findings'][number]
export type Trial = Reply<'tryDraft'>
export type Revision = Reply<'listRevisions'>['revisions'][number]
export type Session = Reply<'getSession'>

/** What the server said instead of a reply. Its status is 0 when it did not answer at all. */
export class ApiError extends Error {
  readonly status: number
  readonly fix: string

  constructor(status: number, detail: string, fix: string) {
    super(detail)
    this.status = status
    this.fix = fix
  }
}

interface Loose {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: Readonly<Record<string, unknown>>
  readonly bearer?: string
}

export async function call<K extends Name>(name: K, ask: Ask<K>, signal?: AbortSignal): Promise<Reply<K>> {
  const { method, path } = routes[name]
  const { params = {}, query = {}, body = {}, bearer }: Loose = ask
  const address = `/api/v1${path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])))}${queryText(query)}`
  const response = await reach(address, {
    method: method.toUpperCase(),
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(method === 'post' ? { 'content-type': 'application/json' } : {}),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(method === 'post' ? { body: JSON.stringify(body) } : {}),
    ...(signal === undefined ? {} : { signal }),
  })
  const reply: unknown = await response.json().catch(() => null)
  if (!response.ok) throw refusal(response.status, reply)
  // A proxy in between may answer with a page of its own.
  if (typeof reply !== 'object' || reply === null) throw new ApiError(0, '', '')
  return reply as Reply<K>
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, '', '')
  }
}

function refusal(status: number, reply: unknown): ApiError {
  const text = (key: string): string => {
    const value = typeof reply === 'object' && reply !== null ? Reflect.get(reply, key) : undefined
    return typeof value === 'string' ? value : ''
  }
  const detail = text('detail') || text('title')
  // Without words of the server it was a proxy that answered.
  return detail === '' && status >= 500 ? new ApiError(0, '', '') : new ApiError(status, detail, text('fix'))
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).flatMap<[string, string]>(([key, value]) =>
    value === undefined || value === null || value === '' ? [] : [[key, String(value)]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
