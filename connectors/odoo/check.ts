import { createHash } from 'node:crypto'
import { toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { CheckFinding, CheckReport } from '../../src/ports/connector.ts'
import { type Keys, newKey } from './auth.ts'
import type { Client, Row } from './client.ts'
import { isSyncError } from './errors.ts'
import type { Prices } from './prices.ts'
import type { Models, Right } from './schema.ts'
import type { Settings } from './settings.ts'

interface Need {
  readonly model: string
  readonly rights: readonly Right[]
  /** The app that brings the model; without it, what the model tells is not read. */
  readonly app: string
  /** The least group of a standard Odoo that has the rights. */
  readonly group: string
  /** Where that group may do far more: what else to do. */
  readonly instead?: string
  readonly level: 'error' | 'warning'
  /** What is lost without. */
  readonly for: string
}

const needs: readonly Need[] = [
  {
    model: 'sale.order',
    rights: ['read', 'create', 'write'],
    app: 'Sales',
    group: 'Sales / User: All Documents',
    level: 'error',
    for: 'orders',
  },
  {
    model: 'sale.order.line',
    rights: ['read', 'create', 'write', 'unlink'],
    app: 'Sales',
    group: 'Sales / User: All Documents',
    level: 'error',
    for: 'order lines',
  },
  { model: 'res.partner', rights: ['read'], app: 'Contacts', group: 'Internal User', level: 'error', for: 'customers' },
  {
    model: 'res.partner',
    rights: ['create', 'write'],
    app: 'Contacts',
    group: 'Extra Rights / Contact Creation',
    level: 'warning',
    for: 'making customers that are missing',
  },
  { model: 'product.product', rights: ['read'], app: 'Sales', group: 'Internal User', level: 'error', for: 'products' },
  {
    model: 'product.pricelist',
    rights: ['read'],
    app: 'Sales',
    group: 'Internal User',
    level: 'error',
    for: 'currencies of orders',
  },
  {
    model: 'product.pricelist.item',
    rights: ['read'],
    app: 'Sales',
    group: 'Internal User',
    level: 'warning',
    for: 'changes of prices',
  },
  {
    model: 'ir.model.data',
    rights: ['read'],
    app: 'Settings',
    // In 14 every internal user may (seen); in 19 this group alone.
    group: 'Administration / Access Rights',
    instead: 'let a group of the user read "Model Data" (ir.model.data) under Settings > Technical > Access Rights',
    level: 'error',
    for: 'finding orders by our key',
  },
  {
    model: 'stock.picking',
    rights: ['read'],
    app: 'Inventory',
    group: 'Sales / User: All Documents',
    level: 'warning',
    for: 'shipments',
  },
  {
    model: 'stock.move',
    rights: ['read'],
    app: 'Inventory',
    group: 'Sales / User: All Documents',
    level: 'warning',
    for: 'reserved and shipped quantities',
  },
  {
    model: 'stock.quant',
    rights: ['read'],
    app: 'Inventory',
    group: 'Internal User',
    level: 'warning',
    for: 'changes of stock',
  },
  {
    model: 'mrp.production',
    rights: ['read'],
    app: 'Manufacturing',
    group: 'Manufacturing / User',
    level: 'warning',
    for: 'production orders',
  },
  {
    model: 'purchase.order',
    rights: ['read'],
    app: 'Purchase',
    group: 'Purchase / User',
    level: 'warning',
    for: 'purchase orders',
  },
  {
    model: 'purchase.order.line',
    rights: ['read'],
    app: 'Purchase',
    group: 'Purchase / User',
    level: 'warning',
    for: 'which order a purchase is for',
  },
  {
    model: 'account.move',
    rights: ['read'],
    app: 'Invoicing',
    group: 'Invoicing / Billing',
    level: 'warning',
    for: 'invoices',
  },
]

/** Groups that have another name from 19 on (seen). */
const renamed: ReadonlyMap<string, string> = new Map([
  ['Internal User', 'Role / User'],
  ['Extra Rights / Contact Creation', 'Contact / Creation'],
  ['Invoicing / Billing', 'Accounting / Invoicing'],
  ['Administration / Access Rights', 'Access Rights'],
])

/** What this Odoo calls a group. */
type Naming = (group: string) => string

interface Deps {
  readonly client: Client
  readonly models: Models
  readonly prices: Prices
  readonly keys: Keys
  readonly clock: Clock
}

/** Proves the login and each right that is used, without writing anything. */
export async function checkAccess(
  settings: Settings,
  { client, models, prices, keys, clock }: Deps,
): Promise<CheckReport> {
  const version = await client.version()
  const transport = await client.transport()
  // By JSON-2 the key alone says who we are.
  const userId = transport === 'json-2' ? await client.userId() : null
  const [user] = await client.searchRead('res.users', {
    domain: [userId === null ? ['login', '=', settings.username] : ['id', '=', userId]],
    fields: ['name', 'login', 'tz', 'company_id'],
  })
  const login = text(user?.login) ?? settings.username
  const companyId = settings.companyId ?? idOf(user?.company_id)
  const [company] = await client.searchRead('res.company', {
    domain: companyId === null ? [] : [['id', '=', companyId]],
    fields: ['name', 'currency_id'],
    limit: 1,
  })
  const named = (group: string) => (version.major >= 19 ? (renamed.get(group) ?? group) : group)
  const findings: CheckFinding[] = [
    {
      level: 'ok',
      subject: 'login',
      message: `"${login}" works with Odoo ${version.text} over ${transport}`,
    },
    ...(await Promise.all(needs.map((need) => judge(need, models, named)))).flat(),
    ...(await judgePayments(models, named)),
    ...(await judgePrices(prices, nameOf(company?.currency_id))),
    ...(await judgeKey(keys, clock)),
  ]
  if (login.toLowerCase() !== settings.username.toLowerCase()) {
    findings.push({
      level: 'warning',
      subject: 'username',
      message: `The API key is that of "${login}", not of "${settings.username}": Crosswalk works as "${login}"`,
      fix: 'Correct `username` in the settings of the connection, or enter an API key of that user.',
    })
  }
  if (company === undefined) {
    findings.push({
      level: 'error',
      subject: 'company',
      message: `The user may not see company ${companyId ?? 'of its own'}`,
      fix: 'Add the company to the allowed companies of the user, or correct companyId.',
    })
  }
  if (version.major < 13) {
    findings.push({
      level: 'warning',
      subject: 'version',
      message: `Odoo ${version.text} is older than 13, where invoices have other models`,
      fix: 'Expect orders to work and invoices not to come back.',
    })
  }
  return {
    account: {
      id: await accountId(client, settings),
      name: text(company?.name) ?? settings.database,
      timeZone: text(user?.tz) ?? 'UTC',
      currency: nameOf(company?.currency_id),
      apiVersion: version.text,
    },
    findings,
  }
}

async function judge(need: Need, models: Models, named: Naming): Promise<readonly CheckFinding[]> {
  const subject = `${need.model} ${need.rights.join(', ')}`
  if ((await models.fields(need.model)) === null) {
    return [
      {
        level: need.level,
        subject,
        message: `The app ${need.app} is not installed: there are no ${need.for}`,
        fix: `Install ${need.app} if the company uses it; otherwise nothing is to be done.`,
      },
    ]
  }
  const given = await Promise.all(need.rights.map((right) => models.may(need.model, right)))
  const missing = need.rights.filter((_, index) => given[index] !== true)
  if (missing.length === 0) return [{ level: 'ok', subject, message: `allowed, for ${need.for}` }]
  return [
    {
      level: need.level,
      subject,
      message: `The user may not ${missing.join(', ')} ${need.model}, which is needed for ${need.for}`,
      fix:
        need.instead === undefined
          ? `Give the user the group "${named(need.group)}".`
          : `In the developer mode of Odoo ${need.instead}; the group "${named(need.group)}" has this and much more.`,
    },
  ]
}

/** The payments of an invoice are a field that only accountants see. */
async function judgePayments(models: Models, named: Naming): Promise<readonly CheckFinding[]> {
  const fields = await models.fields('account.move')
  if (fields === null || Object.hasOwn(fields, 'invoice_payments_widget')) return []
  return [
    {
      level: 'warning',
      subject: 'account.move payments',
      message: 'The user may not see the payments of invoices; what is outstanding is read all the same',
      fix: `Give the user the group "${named('Invoicing / Billing')}".`,
    },
  ]
}

/** Which of several price lists is meant is not for us to guess. */
async function judgePrices(prices: Prices, own: string | null): Promise<readonly CheckFinding[]> {
  const currencies = (await prices.ambiguous()).filter((currency) => currency !== own)
  return currencies.map((currency) => ({
    level: 'warning',
    subject: `product.pricelist ${currency}`,
    message: `Several price lists are in ${currency}: products are read without a price in ${currency}`,
    fix: 'If the CRM shall show such a price, name the price list with `priceLists` in the settings of the connection.',
  }))
}

async function judgeKey(keys: Keys, clock: Clock): Promise<readonly CheckFinding[]> {
  const expiresAt = await keys.expiresAt()
  if (expiresAt === null) return []
  const days = Math.floor((toMillis(expiresAt) - toMillis(clock.now())) / 86_400_000)
  const renews = await keys.renews()
  // Renewed by itself it has a new end two weeks before; by hand it wants a month.
  const late = days < (renews ? 7 : 30)
  const then = renews ? 'it is renewed by itself before' : 'this Odoo lets no program renew it'
  return [
    {
      level: late ? 'warning' : 'ok',
      subject: 'key expiry',
      message: `The API key expires on ${expiresAt.slice(0, 10)}, in ${days} days; ${then}`,
      ...(late ? { fix: `${newKey(keys.label)} and put it into the configuration.` } : {}),
    },
  ]
}

/** The database's own id, which only administrators may read; else one made of its address. */
async function accountId(client: Client, settings: Settings): Promise<string> {
  try {
    const uuid = await client.call({
      model: 'ir.config_parameter',
      method: 'get_param',
      args: { key: 'database.uuid' },
      effect: 'read',
    })
    if (typeof uuid === 'string' && uuid !== '') return uuid
  } catch (error) {
    if (!isSyncError(error, 'permission_missing', 'record_rejected', 'configuration_invalid')) throw error
  }
  return createHash('sha256').update(`${settings.url} ${settings.database}`).digest('hex').slice(0, 32)
}

const idOf = (value: unknown): number | null => (Array.isArray(value) && typeof value[0] === 'number' ? value[0] : null)
const nameOf = (value: unknown): string | null => (Array.isArray(value) ? text(value[1]) : null)
const text = (value: Row[string]): string | null => (typeof value === 'string' && value !== '' ? value : null)
