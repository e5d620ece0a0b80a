import type { Json, JsonObject } from '../../src/core/json.ts'
import type { Fault, Match } from '../../src/simulator/server.ts'

/** What an Odoo calls the things that the tests touch as its users would: all that differs between the versions. */
export interface Words {
  /** As the check of a connection tells it. */
  readonly version: string
  /** By what the connector logs in. */
  readonly login: 'password' | 'API key'
  /** Requests of the connector that call a method. */
  readonly calling: (method: string) => Match
  /** A login that is refused. */
  readonly refusedLogin: Fault
  /** What a salesman cannot do without, and lacks. */
  readonly salesmanLacks: readonly string[]
  /** What of his login he is warned of besides: a key that ends soon. */
  readonly salesmanSees: readonly string[]
  /** Who may make customers, as Odoo says it when it refuses. */
  readonly customerMakers: string
  /** Whether an order takes the terms of its customer by itself, so that nobody has to ask for them. */
  readonly takesTerms: boolean
  /** What a text becomes that is kept with its looks. */
  readonly formatted: (text: string) => string
  /** Model of the ways that goods are come by. */
  readonly routes: string
  /** Field of a user with his groups. */
  readonly groups: string
  /** How fields of a user begin by which he is given groups, and which are no columns. */
  readonly choiceOfGroups: string
  /** A product that is kept in stock. */
  readonly storable: JsonObject
  /** Units that a product is kept in. */
  readonly keptIn: (unit: number) => JsonObject
  /** Field of an order line with its unit. */
  readonly lineUnit: string
  /** Field of a quant with what was counted, which Odoo takes over at once. */
  readonly counted: string
  /** Whether a program can ask what a price list makes of a product. */
  readonly computesPrices: boolean
  /** Who sells a product, and for how much. */
  readonly vendor: (partner: number, price: number) => JsonObject
  /** So much of a stock move was moved. */
  readonly moved: (quantity: number) => JsonObject
  /** So much of a detail of a stock move was moved. */
  readonly detailMoved: (quantity: number) => JsonObject
  /** Field of a detail of a stock move with what is reserved. */
  readonly detailReserved: string
  /** Makes the transfer that brings goods back. */
  readonly createReturns: string
  /** Where what comes back goes, so far as a person says that. */
  readonly returnTo: (location: Json) => JsonObject
  /** The choice of a language that is installed. */
  readonly language: (language: { readonly id: number; readonly code: string }) => JsonObject
}

const of14: Words = {
  version: '14.0',
  login: 'password',
  calling: (method) => ({ body: `"${method}"` }),
  refusedLogin: {
    match: { body: '"authenticate"' },
    kind: 'status',
    status: 200,
    body: { jsonrpc: '2.0', id: 1, result: false },
  },
  salesmanLacks: [],
  salesmanSees: [],
  customerMakers: 'Extra Rights/Contact Creation',
  takesTerms: false,
  formatted: (text) => text,
  routes: 'stock.location.route',
  groups: 'groups_id',
  choiceOfGroups: 'sel_groups_',
  storable: { type: 'product' },
  keptIn: (unit) => ({ uom_id: unit, uom_po_id: unit }),
  lineUnit: 'product_uom',
  counted: 'inventory_quantity',
  computesPrices: true,
  vendor: (partner, price) => ({ name: partner, price }),
  moved: (quantity) => ({ quantity_done: quantity }),
  detailMoved: (quantity) => ({ qty_done: quantity }),
  detailReserved: 'product_uom_qty',
  createReturns: 'create_returns',
  returnTo: (location) => ({ location_id: location }),
  language: ({ code }) => ({ lang: code }),
}

const of19: Words = {
  version: '19.0',
  login: 'API key',
  calling: (method) => ({ path: `/${method}` }),
  refusedLogin: {
    match: { path: '/json/2/' },
    kind: 'status',
    status: 401,
    body: { name: 'werkzeug.exceptions.Unauthorized', message: 'Invalid apikey' },
  },
  salesmanLacks: ['ir.model.data read'],
  salesmanSees: ['key expiry'],
  customerMakers: 'Contact/Creation',
  takesTerms: true,
  formatted: (text) =>
    `<p>${text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace('\n', '<br>')}</p>`,
  routes: 'stock.route',
  groups: 'group_ids',
  choiceOfGroups: 'role',
  storable: { type: 'consu', is_storable: true },
  keptIn: (unit) => ({ uom_id: unit }),
  lineUnit: 'product_uom_id',
  counted: 'inventory_quantity_auto_apply',
  computesPrices: false,
  vendor: (partner, price) => ({ partner_id: partner, price }),
  moved: (quantity) => ({ quantity, picked: true }),
  detailMoved: (quantity) => ({ quantity, picked: true }),
  detailReserved: 'quantity',
  createReturns: 'action_create_returns',
  returnTo: () => ({}),
  language: ({ id }) => ({ lang_ids: [[6, 0, [id]]] }),
}

/** @param version  as `common.version` tells it */
export function wordsOf(version: string): Words {
  const found = [of14, of19].find((words) => words.version === version)
  if (found === undefined) throw new Error(`the tests know the words of Odoo 14 and 19, not of ${version}`)
  return found
}
