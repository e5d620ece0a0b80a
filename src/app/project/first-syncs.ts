import type { Json } from '../../core/json.ts'
import type { System } from './workshop.ts'

/** What a project begins with between two systems: deals become orders, and their progress comes back. */
export interface FirstSyncs {
  readonly crm: { readonly connection: string; readonly system: Pick<System, 'title'> }
  readonly erp: { readonly connection: string; readonly system: Pick<System, 'title'> }
  readonly mode: 'live' | 'shadow'
  readonly timeZone: string
  /** Conditions on deals, by path of the CRM's records. */
  readonly where: ReadonlyMap<string, readonly (string | number)[]>
}

/** Their names, in the order in which one follows the other. */
export const firstSyncNames = ['deals', 'fulfilment'] as const

/** The text below `syncs:`, indented by two. */
export function firstSyncsText({ crm, erp, mode, timeZone, where }: FirstSyncs): string {
  const schedule = `{ cron: "*/2 * * * *", time_zone: ${quoted(timeZone)} }`
  return `  # A deal that is won in ${crm.system.title} becomes a sales order in ${erp.system.title}.
  deals:
    document: deal
    from: ${crm.connection}
    to: ${erp.connection}
    schedule: ${schedule}
    # shadow is a dry run: it plans and reports everything and writes nothing; live writes.
    mode: ${mode}
    # Only deals won from the first run on are delivered. Older ones come by \`crosswalk backfill\`.
    # since: "2026-01-01T00:00:00Z"
${conditions(where)}    guard:
      # A run that is about to create more orders stops before the first of them and asks.
      orders_per_hour: 100
    policies:
      # automatic confirms an order whose totals agree with its deal; leave_as_draft leaves that to a person.
      confirm: automatic
      # create creates a customer that ${erp.system.title} does not have; hold waits for a person.
      missing_customer: create

  # The progress of the order in ${erp.system.title} comes back to the deal.
  fulfilment:
    document: fulfilment
    from: ${erp.connection}
    to: ${crm.connection}
    of: deals
    schedule: ${schedule}
    mode: ${mode}

  # Products of ${erp.system.title}, with price and stock, in the catalogue of ${crm.system.title}: docs/products.md.
  # products:
  #   document: product
  #   from: ${erp.connection}
  #   to: ${crm.connection}
  #   schedule: ${schedule}
  #   mode: ${mode}
`
}

function conditions(where: FirstSyncs['where']): string {
  if (where.size === 0) return ''
  const lines = [...where].map(([path, values]) => `      ${path}: ${quoted([...values])}`)
  return `    # Only these deals get an order.\n    where:\n${lines.join('\n')}\n`
}

const quoted = (value: Json) => JSON.stringify(value)
