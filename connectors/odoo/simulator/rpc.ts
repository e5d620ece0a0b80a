import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import { search } from './domain.ts'
import { accessError, missingError, odooError, userError } from './errors.ts'
import { fieldOf, nameOf, readRow, rowsOf } from './fields.ts'
import type { Fulfilment } from './fulfilment.ts'
import type { openLoad } from './load.ts'
import type { SimulatedField } from './models.ts'
import { priceOf } from './prices.ts'
import type { Records } from './records.ts'
import type { Store } from './store.ts'

/** A call with its arguments by name; `ids` are the records it is called on. */
interface RpcCall {
  readonly model: string
  readonly method: string
  readonly args: JsonObject
}
interface Method {
  /** Names of the arguments in their order; a method of records has `ids` first. */
  readonly parameters: readonly string[]
  /** What the user must be allowed to do. */
  readonly right: Right | null
  run(model: string, args: JsonObject, context: JsonObject): Json
}
type Right = 'read' | 'write' | 'create' | 'unlink'

interface Parts {
  readonly store: Store
  readonly records: Records
  readonly fulfilment: Fulfilment
  readonly load: ReturnType<typeof openLoad>
  readonly major: number
  /** What the user may not do: models, or a model and a right: `mrp.production`, `res.partner create`. */
  readonly denied: () => ReadonlySet<string>
  /** Whether the load that is just asked for loses a race against another. */
  readonly losesRace: () => boolean
  /** Null where Odoo lets no program make one. */
  readonly apiKeys: { generate(args: JsonObject): string; revoke(key: string): void } | null
}

/** The methods of models that answer a call. */
export function openRpc(parts: Parts) {
  const { store, records, fulfilment, major, apiKeys } = parts

  const may = (model: string, right: Right): boolean =>
    !parts.denied().has(model) && !parts.denied().has(`${model} ${right}`)

  function allow(model: string, right: Right, failed = ''): void {
    if (may(model, right)) return
    const verb = { read: 'access', write: 'modify', create: 'create', unlink: 'delete' }[right]
    throw accessError(
      `${failed}You are not allowed to ${verb} '${store.models.get(model)?.title}' (${model}) records.\n\n` +
        'This operation is allowed for the following groups:\n\t- Administration/Access Rights\n\n' +
        'Contact your administrator to request access if necessary.',
    )
  }

  /** Whether a table gives a record to a user, other than ours, who has an e-mail address. */
  function tellsSomebody(columns: readonly string[], rows: readonly (readonly Json[])[]): boolean {
    const place = columns.indexOf('user_id/.id')
    return rows.some((row) => {
      const user = store.get('res.users', Number(row[place] || 0))
      return user !== undefined && user.id !== 2 && !!store.get('res.partner', Number(user.partner_id))?.email
    })
  }

  function find(model: string, args: JsonObject, context: JsonObject): readonly number[] {
    return search(store, model, {
      domain: args.domain ?? args.args ?? [],
      order: typeof args.order === 'string' ? args.order : null,
      offset: Number(args.offset ?? 0),
      limit: typeof args.limit === 'number' ? args.limit : null,
      activeTest: context.active_test !== false,
    })
  }

  function read(model: string, ids: readonly number[], fields: Json | undefined, context: JsonObject): Json {
    const all = Object.keys(store.models.get(model)?.fields ?? {})
    const names = Array.isArray(fields) && fields.length > 0 ? fields.map(String) : all
    for (const name of names) {
      const { type, relation, store: stored } = fieldOf(store, model, name)
      // [seen] 19 reads no list of records that the user may not read; 14 sends their ids.
      if (major >= 19 && stored && type.endsWith('2many') && relation !== undefined && names !== all) {
        allow(relation, 'read', `Failed to read field ${model}.${name}\n`)
      }
    }
    const priced = model === 'product.product' && names.includes('price') && typeof context.pricelist === 'number'
    const list = priced ? store.get('product.pricelist', Number(context.pricelist)) : undefined
    // Odoo takes the missing price list for missing products.
    if (priced && list === undefined) return []
    return ids.flatMap((id) => {
      const row = store.get(model, id)
      if (row === undefined) return []
      const sent = readRow(store, model, row, names, context.active_test !== false)
      return [list === undefined ? sent : { ...sent, price: priceOf(store, row, list) }]
    })
  }

  const method = (parameters: string, right: Right | null, run: Method['run']): Method => ({
    parameters: parameters.split(' ').filter((name) => name !== ''),
    right,
    run,
  })
  const common: Readonly<Record<string, Method>> = {
    search: method('args offset limit order count', 'read', find),
    search_count: method('args', 'read', (model, args, context) => find(model, args, context).length),
    search_read: method('domain fields offset limit order', 'read', (model, args, context) =>
      read(model, find(model, args, context), args.fields, context),
    ),
    read: method('ids fields load', 'read', (model, args, context) => read(model, idsOf(args), args.fields, context)),
    create: method('vals_list', 'create', (model, { vals_list: given }) => {
      const one = isObject(given)
      const ids = (one ? [given] : ((given ?? []) as readonly JsonObject[])).map((values) =>
        records.create(model, values),
      )
      return one && major < 19 ? (ids[0] ?? false) : ids
    }),
    write: method('ids vals', 'write', (model, args) => {
      records.write(model, idsOf(args), isObject(args.vals) ? args.vals : {})
      return true
    }),
    unlink: method('ids', 'unlink', (model, args) => {
      records.unlink(model, idsOf(args))
      return true
    }),
    exists: method('ids', 'read', (model, args) => idsOf(args).filter((id) => store.get(model, id) !== undefined)),
    load: method('fields data', 'write', (model, { fields, data }, context) => {
      for (const needed of [model, 'ir.model.data']) allow(needed, 'create')
      if (parts.losesRace()) {
        const message = 'could not serialize access due to concurrent update\n'
        return { ids: false, messages: [{ type: 'error', message, record: 0, rows: { from: 0, to: 0 } }], nextrow: 0 }
      }
      const columns = fields as readonly string[]
      const rows = data as readonly (readonly Json[])[]
      const reply = parts.load(model, columns, rows, context.active_test !== false)
      // [seen] on 14: whom an order is given to gets a mail after the call, which is gone where the call kept nothing.
      const refused = isObject(reply) && reply.ids === false
      if (refused && context.mail_auto_subscribe_no_notify !== true && tellsSomebody(columns, rows)) {
        throw missingError('mail.mail', 59)
      }
      return reply
    }),
    fields_get: method('allfields attributes', null, (model, args) => {
      const { fields = {} } = store.models.get(model) ?? {}
      const asked = Array.isArray(args.allfields) && args.allfields.length > 0 ? new Set(args.allfields) : null
      const attributes = Array.isArray(args.attributes) && args.attributes.length > 0 ? new Set(args.attributes) : null
      const locked = !may(model, 'write') && !may(model, 'create')
      return Object.fromEntries(
        Object.entries(fields)
          .filter(([name]) => asked === null || asked.has(name))
          .map(([name, field]) => [name, describe(field, locked, attributes)]),
      )
    }),
    // [seen] on 14 and 19: the parameter has two names.
    default_get: method(major >= 19 ? 'fields' : 'fields_list', null, (model, args) => {
      const known = defaultsOf(store)[model]
      if (known === undefined) throw userError(`not simulated: default_get of ${model}`)
      const asked = new Set(Object.values(args).flatMap((names) => (Array.isArray(names) ? names : [])))
      return Object.fromEntries(Object.entries(known).filter(([name]) => asked.has(name)))
    }),
    check_access_rights: method('operation raise_exception', null, (model, args) => {
      const right = rightOf(args.operation)
      if (may(model, right)) return true
      if (args.raise_exception === false) return false
      allow(model, right)
      return false
    }),
    name_get: method('ids', 'read', (model, args) =>
      rowsOf(store, model, idsOf(args)).map((row) => [row.id, nameOf(store, model, row)]),
    ),
    name_search: method('name args operator limit', 'read', (model, args, context) => {
      const domain = [['display_name', args.operator ?? 'ilike', args.name ?? ''], ...((args.args ?? []) as Json[])]
      const ids = find(model, { domain, limit: args.limit ?? 100 }, context)
      return rowsOf(store, model, ids).map((row) => [row.id, nameOf(store, model, row)])
    }),
    ...(major >= 18
      ? { has_access: method('ids operation', null, (model, args) => may(model, rightOf(args.operation))) }
      : {}),
  }
  const special: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
    'sale.order': {
      action_confirm: method('ids', 'write', (_, args) => fulfilment.confirm(idsOf(args))),
      action_cancel: method('ids', 'write', (_, args, context) =>
        fulfilment.cancel(idsOf(args), context.disable_cancel_warning === true),
      ),
      action_draft: method('ids', 'write', (_, args) => fulfilment.draft(idsOf(args))),
    },
    'res.users': {
      context_get: method('', null, () => {
        const user = store.get('res.users', 2)
        return {
          lang: (user?.lang ?? false) as Json,
          tz: (user?.tz ?? false) as Json,
          ...(major >= 19 ? { uid: 2 } : {}),
        }
      }),
    },
    'ir.config_parameter': {
      get_param: method('key default', 'read', (_, args) => {
        const [id] = store.having('ir.config_parameter', 'key', String(args.key))
        return id === undefined ? (args.default ?? false) : (store.get('ir.config_parameter', id)?.value as Json)
      }),
    },
    ...(apiKeys !== null
      ? {
          'res.users.apikeys': {
            generate: method('key scope name expiration_date', null, (_, args) => apiKeys.generate(args)),
            revoke: method('key', null, (_, args) => {
              apiKeys.revoke(String(args.key))
              return null
            }),
          },
        }
      : {}),
  }

  /** @throws OdooError */
  function methodOf(model: string, name: string): Method {
    if (!store.models.has(model)) throw userError(`Object ${model} doesn't exist`)
    if (name.startsWith('_')) throw accessError(`Private methods (such as ${name}) cannot be called remotely.`)
    const found = (Object.hasOwn(special, model) ? special[model]?.[name] : undefined) ?? own(common, name)
    if (found !== undefined) return found
    throw odooError('builtins.AttributeError', `type object '${model}' has no attribute '${name}'`)
  }

  return {
    /** Positional and named arguments of `execute_kw`, all by name. @throws OdooError */
    named(model: string, method: string, positional: readonly Json[], named: JsonObject): JsonObject {
      const { parameters } = methodOf(model, method)
      if (positional.length > parameters.length) {
        throw odooError('builtins.TypeError', `${method}() takes ${parameters.length} positional arguments`)
      }
      return { ...Object.fromEntries(positional.map((value, place) => [parameters[place] ?? '', value])), ...named }
    },
    isOfRecords: (model: string, method: string): boolean => methodOf(model, method).parameters[0] === 'ids',
    /** One transaction: what it wrote is undone when it fails. @throws OdooError */
    call({ model, method, args }: RpcCall): Json {
      const { parameters, right, run } = methodOf(model, method)
      const { context, ...given } = args
      for (const name of Object.keys(given)) {
        // Methods that search call their condition `args` by position and `domain` by name in some versions.
        if (parameters.includes(name) || (name === 'domain' && parameters.includes('args'))) continue
        throw odooError('builtins.TypeError', `${method}() got an unexpected keyword argument '${name}'`)
      }
      if (right !== null) allow(model, right)
      return store.transaction(() => run(model, given, isObject(context ?? null) ? (context as JsonObject) : {}))
    },
  }
}

function own<T>(methods: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(methods, name) ? methods[name] : undefined
}

const idsOf = (args: JsonObject): readonly number[] => {
  const { ids = [] } = args
  return (Array.isArray(ids) ? ids : [ids]).map(Number)
}

function rightOf(value: Json | undefined): Right {
  const rights: readonly Right[] = ['read', 'write', 'create', 'unlink']
  const found = rights.find((right) => right === value)
  if (found === undefined) throw odooError('builtins.AssertionError', 'Invalid access mode')
  return found
}

/** What a real Odoo 14 answered for the required fields of these models. */
const defaultsOf = (store: Store): Readonly<Record<string, JsonObject>> => ({
  'sale.order': { name: 'New', date_order: store.time().slice(0, 19), company_id: 1, warehouse_id: 1 },
  'sale.order.line': { price_unit: 0, product_uom_qty: 1 },
  'res.partner': { type: 'contact', active: true },
})

/** A field as `fields_get` shows it. */
function describe(field: SimulatedField, locked: boolean, attributes: ReadonlySet<Json> | null): JsonObject {
  const bare = ['type', 'string', 'selection']
  const all: JsonObject = {
    type: field.type,
    string: field.string,
    required: field.required,
    readonly: field.readonly || locked,
    store: field.store,
    searchable: field.searchable,
    sortable: field.store,
    depends: field.depends ?? (field.related === undefined ? [] : [field.related.join('.')]),
    ...(field.relation === undefined ? {} : { relation: field.relation }),
    ...(field.inverse === undefined ? {} : { relation_field: field.inverse }),
    ...(field.digits === undefined ? {} : { digits: field.digits }),
    ...(field.selection === undefined ? {} : { selection: field.selection }),
    ...(field.openIn === undefined
      ? {}
      : { states: Object.fromEntries(field.openIn.map((state) => [state, [['readonly', false]]])) }),
  }
  if (field.bare === true) return Object.fromEntries(Object.entries(all).filter(([name]) => bare.includes(name)))
  return attributes === null ? all : Object.fromEntries(Object.entries(all).filter(([name]) => attributes.has(name)))
}
