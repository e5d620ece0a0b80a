import { SyncError } from '../../core/problem.ts'
import type { Erased, Found } from '../../ports/ledger/erasure.ts'
import type { Deps } from '../bench/deps.ts'
import { flowOf } from '../flows/catalogue.ts'
import type { DealCases, Sync } from '../flows/flow.ts'
import type { Project } from '../project/project.ts'

export interface Whose {
  /** Ids in the CRM, as problems name customers: `company-77`. */
  readonly customers: readonly string[]
  /** Ids of persons below a customer. */
  readonly contacts: readonly string[]
  /** Deals that are the person's besides those that are found. */
  readonly deals: readonly string[]
  readonly connection?: string
}
export interface PersonErased {
  /** Null where nothing was found. */
  readonly connection: string | null
  readonly deals: number
  /** Orders of these that are neither paid nor cancelled: what a delivery needs of them is stored again. */
  readonly open: number
  readonly erased: Erased
  /** Where else the person's data may be, which is out of reach. */
  readonly elsewhere: readonly string[]
}

/** A sync that knows the person. */
interface Knowing {
  readonly sync: Sync & { readonly deals: DealCases }
  readonly found: Found
}

/** See `Crosswalk.erase`. */
export async function erase(
  whom: Whose & { readonly dryRun: boolean },
  actor: string | null,
  project: Project,
  deps: Deps,
): Promise<PersonErased> {
  const knowing = await whoKnows(whom, project, deps)
  const connections = [...new Set(knowing.map(({ sync }) => sync.source.name))]
  if (connections.length > 1) {
    throw new SyncError(`Several connections have such an id: ${connections.join(', ')}`, {
      problem: { kind: 'configuration_invalid', path: 'connection' },
      fix: 'Name the one that is meant: --connection.',
    })
  }
  let erased = nothing
  for (const { sync, found } of knowing)
    erased = sum(erased, await sync.deals.erasePerson(found, { actor, dryRun: whom.dryRun }, deps))
  const [connection = null] = connections
  const deals = total(knowing, ({ orders }) => orders.length)
  const open = total(knowing, (found) => found.open)
  if (!whom.dryRun && connection !== null)
    deps.log.info('personal data erased', { connection, deals, open, ...erased, actor })
  return { connection, deals, open, erased, elsewhere: elsewhere(knowing) }
}

async function whoKnows(whom: Whose, project: Project, { ledger }: Deps): Promise<readonly Knowing[]> {
  const knowing: Knowing[] = []
  for (const [name, config] of Object.entries(project.config.syncs)) {
    if (flowOf(config.document).record !== 'deal') continue
    if (whom.connection !== undefined && config.from !== whom.connection) continue
    const sync = await project.sync(name)
    const { deals } = sync
    if (deals === null) continue
    const found = await deals.findPerson(whom, ledger)
    if (found.people.length + found.orders.length > 0) knowing.push({ sync: { ...sync, deals }, found })
  }
  return knowing
}

const nothing: Erased = {
  links: 0,
  timeline: 0,
  problems: 0,
  webhooks: 0,
  alerts: 0,
  certificates: 0,
  runs: 0,
  shares: 0,
}

const sum = (a: Erased, b: Erased): Erased => ({
  links: a.links + b.links,
  timeline: a.timeline + b.timeline,
  problems: a.problems + b.problems,
  webhooks: a.webhooks + b.webhooks,
  alerts: a.alerts + b.alerts,
  certificates: a.certificates + b.certificates,
  runs: a.runs + b.runs,
  shares: a.shares + b.shares,
})

const total = (knowing: readonly Knowing[], of: (found: Found) => number): number =>
  knowing.reduce((all, { found }) => all + of(found), 0)

const elsewhere = (knowing: readonly Knowing[]): readonly string[] =>
  knowing.length === 0
    ? []
    : [
        ...new Set(knowing.flatMap(({ sync }) => [sync.source.name, sync.target.name])),
        'backups of the database',
        'the log, which names ids and order numbers, and the messages of problems',
        'mails and chats that people were told by',
      ]
