import { z } from 'zod'
import { add, type Decimal, decimal, sum } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { RemoteRecord } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { type Tree, treeOf } from '../kit/tree.ts'
import type { Client, Domain, Row } from './client.ts'
import { type Price, type Prices, priceColumns } from './prices.ts'
import type { Recent } from './recent.ts'
import { type Field, type Fields, isVirtual, type Models, mayBeMissing, optionalModels } from './schema.ts'
import { convert, idIn, ratioOf, type Unit, type Units, type UnitsById, unitColumns } from './units.ts'

/** Records of one model at one place of the tree, read together. */
interface Place {
  readonly model: string
  readonly tree: Tree
  readonly ids: readonly number[]
}

// Rows of a few numbers: a call more costs more than they do.
const idsMax = 5000
/** Of products: what is in stock is counted for each. */
const productsMax = 1000
/** Orders whose moves are asked for by one call: each has several. */
const ordersMax = 2000
const orderModel = 'sale.order'
const lineModel = 'sale.order.line'
const moveModel = 'stock.move'
const productModel = 'product.product'

export interface Reading {
  read(object: string, ids: readonly string[], paths: readonly string[]): Promise<readonly (RemoteRecord | null)[]>
  /** The same records seen in several ways, for the calls of one reading. @param rows  what is known of them already */
  readAlike(
    object: string,
    ids: readonly string[],
    ways: readonly (readonly string[])[],
    rows: readonly Row[],
  ): Promise<readonly (readonly (RemoteRecord | null)[])[]>
  /** What such a reading asks of the records themselves. */
  columns(object: string, ways: readonly (readonly string[])[]): Promise<readonly string[]>
  /** The context in which such records are asked for. */
  context(object: string): Promise<JsonObject>
}

/**
 * Reads records and whatever their paths lead to: one call a model and level for all records together, calls of one
 * level side by side. What is not installed or not allowed is empty; the connection test tells.
 */
export function openReading(deps: Omit<Session, 'context'>): Reading {
  const { client, models, recent } = deps
  // Names of products are translated by people, and nobody keeps up the source text; all else is compared or shown as it is.
  const contextOf = async (object: string): Promise<JsonObject> =>
    object === productModel ? { lang: await client.language() } : {}

  async function readAlike(
    object: string,
    ids: readonly string[],
    ways: readonly (readonly string[])[],
    rows: readonly Row[],
  ) {
    const moment = recent.begin()
    const wanted = ids.map(Number).filter((id) => Number.isSafeInteger(id) && id > 0)
    const session = openSession({ ...deps, context: await contextOf(object) })
    session.keep(object, rows)
    const tree = await withHelpers(object, treeOf(ways.flat()), models)
    await session.load({ model: object, tree, ids: [...new Set(wanted)] })
    if (object === orderModel) recent.noteStates(moment, session.rowsOf(orderModel))
    return ways.map((paths) => {
      const own = treeOf(paths)
      return ids.map((id): RemoteRecord | null => {
        const fields = session.build(object, own, Number(id))
        return fields === null ? null : { id, fields }
      })
    })
  }
  return {
    readAlike,
    context: contextOf,
    async columns(object, ways) {
      const fields = await models.fields(object)
      return fields === null
        ? ['id']
        : readableOf(columnsOf(object, await withHelpers(object, treeOf(ways.flat()), models), fields), fields, models)
    },
    async read(object, ids, paths) {
      const moment = recent.begin()
      const [records = []] = await readAlike(object, ids, [paths], [])
      return recent.noteReading(moment, object, paths, records)
    },
  }
}

interface Session {
  readonly client: Client
  readonly models: Models
  readonly units: Units
  readonly recent: Recent
  readonly prices: Prices
  readonly baseUrl: string
  readonly context: JsonObject
}

function openSession({ client, models, units, recent, prices, baseUrl, context }: Session) {
  const rows = new Map<string, Map<number, Row>>()
  const links = new Map<number, { productions: readonly number[]; purchases: readonly number[] }>()
  const priced = new Map<number, readonly Price[]>()
  /** Fields of the models of which there are rows. */
  const shapes = new Map<string, Fields>()

  let known: UnitsById = new Map()
  const rowOf = (model: string, id: number): Row | undefined => rows.get(model)?.get(id)
  function keep(model: string, fetched: readonly Row[]): void {
    const known = rows.get(model) ?? new Map<number, Row>()
    rows.set(model, known)
    for (const row of fetched) known.set(row.id, { ...known.get(row.id), ...row })
  }

  async function load(root: Place): Promise<void> {
    const counts = [...(root.tree.get('order_line')?.keys() ?? [])].some(
      (name) => isLineQuantity(name) || isLineUnit(name),
    )
    const [all] = await Promise.all([counts ? units.all() : known, loadRows(root)])
    known = all
  }

  async function loadRows(root: Place): Promise<void> {
    let level: readonly Place[] = [root]
    while (level.length > 0) {
      await fetch(level, level[0] === root)
      const orders = level.filter(({ model, tree }) => model === orderModel && (wantsLinks(tree) || wantsMoves(tree)))
      const next = await below(level)
      if (orders.length > 0) {
        // The order names lines and transfers, both of these name the moves, and the moves tell what was made and bought:
        // moves are asked for beside lines and transfers, by what they have in common with the order.
        const [moves] = await Promise.all([movesOf(orders), fetch(next)])
        const deeper = await below(next)
        await Promise.all([findLinks(orders, moves), fetch(deeper)])
        level = [...(await below(deeper)), ...linkedPlaces(orders)]
      } else {
        level = next
      }
    }
  }

  /** @param anew  whatever was read before by others */
  async function fetch(level: readonly Place[], anew = false): Promise<void> {
    for (const { model, ids } of level) {
      if (model === productModel && !anew)
        keep(
          model,
          ids.flatMap((id) => recent.product(id) ?? []),
        )
    }
    const wants = new Map<string, { ids: Set<number>; fields: Set<string> }>()
    for (const { model, tree, ids } of level) {
      const fields = await models.fields(model)
      if (fields === null || (optionalModels.has(model) && !(await models.readable(model)))) continue
      shapes.set(model, fields)
      const names = await readableOf(columnsOf(model, tree, fields), fields, models)
      const missing = ids.filter((id) => {
        const row = rowOf(model, id)
        return row === undefined || names.some((name) => !(name in row))
      })
      if (missing.length === 0) continue
      const want = wants.get(model) ?? { ids: new Set(), fields: new Set() }
      wants.set(model, want)
      for (const id of missing) want.ids.add(id)
      for (const name of names) want.fields.add(name)
    }
    await Promise.all(
      [...wants].flatMap(([model, want]) =>
        chunks([...want.ids], model === productModel ? productsMax : idsMax).map(async (ids) => {
          // Searching leaves out what is gone, where reading by id may refuse the whole call.
          const domain: Domain = [['id', 'in', ids]]
          const found = await client.searchRead(model, { domain, fields: [...want.fields], archived: true, context })
          keep(model, found)
          if (model === productModel) recent.noteProducts(found)
        }),
      ),
    )
    const sold = level.filter(({ model, tree }) => model === productModel && tree.has('prices'))
    const products = [...new Set(sold.flatMap(({ ids }) => ids))].flatMap((id) =>
      priced.has(id) ? [] : (rowOf(productModel, id) ?? []),
    )
    if (products.length > 0) for (const [id, found] of await prices.of(products)) priced.set(id, found)
  }

  /** The places that the relations of a level lead to. */
  async function below(level: readonly Place[]): Promise<readonly Place[]> {
    const places: Place[] = []
    for (const { model, tree, ids } of level) {
      const fields = await models.fields(model)
      if (fields === null) continue
      for (const [name, inner] of tree) {
        if (name === 'payments' && model === orderModel) {
          const invoices = linkedIds(model, ids, 'invoice_ids')
          if (invoices.length > 0) places.push({ model: 'account.move', tree: paymentTree, ids: invoices })
          continue
        }
        const column = columnOf(model, name, fields)
        const relation = column === null ? undefined : fields[column]?.relation
        if (column === null || relation === undefined || inner.size === 0) continue
        // A reference comes with its name already.
        if (fields[column]?.type === 'many2one' && [...inner.keys()].every((one) => one === 'id' || one === 'name'))
          continue
        const found = linkedIds(model, ids, column)
        if (found.length > 0) places.push({ model: relation, tree: inner, ids: found })
      }
    }
    return places
  }

  function linkedIds(model: string, ids: readonly number[], column: string): readonly number[] {
    const found = new Set<number>()
    for (const id of ids) for (const one of idsIn(rowOf(model, id)?.[column])) found.add(one)
    return [...found]
  }

  const linkedPlaces = (orders: readonly Place[]): readonly Place[] =>
    orders.flatMap(({ tree, ids }) => {
      const found = ids.flatMap((id) => links.get(id) ?? [])
      const productions = {
        model: 'mrp.production',
        tree: tree.get('production_orders'),
        ids: found.flatMap((one) => one.productions),
      }
      const purchases = {
        model: 'purchase.order',
        tree: tree.get('purchase_orders'),
        ids: found.flatMap((one) => one.purchases),
      }
      return [productions, purchases].flatMap(({ model, tree: inner, ids: linked }) =>
        inner === undefined || inner.size === 0 || linked.length === 0
          ? []
          : [{ model, tree: inner, ids: [...new Set(linked)] }],
      )
    })

  /**
   * What production and purchase an order caused, which the order itself does not tell: its stock moves know what was
   * made or bought for them, and productions that were split share a group.
   */
  async function findLinks(places: readonly Place[], moves: readonly (readonly [Row, number])[]): Promise<void> {
    const orders = [...new Set(places.filter((place) => wantsLinks(place.tree)).flatMap((place) => place.ids))]
    if (orders.length === 0) return
    const wants = (name: string): boolean => places.some((place) => place.tree.has(name))
    const known = Object.hasOwn((await models.fields(orderModel)) ?? {}, 'mrp_production_ids')
    const [productions, purchases] = await Promise.all([
      wants('production_orders') && !known ? productionsOf(moves) : noLinks(),
      wants('purchase_orders') ? purchasesOf(orders, moves) : noLinks(),
    ])
    for (const id of orders) {
      const own = known ? idsIn(rowOf(orderModel, id)?.mrp_production_ids) : [...(productions.get(id) ?? [])]
      links.set(id, { productions: ascending(own), purchases: ascending([...(purchases.get(id) ?? [])]) })
    }
  }

  /**
   * The stock moves of orders, those of several steps included, with the order each is for. They are read with all that
   * is asked of moves anywhere below the orders, so that nothing of them is left to ask for.
   */
  async function movesOf(places: readonly Place[]): Promise<readonly (readonly [Row, number])[]> {
    if (!(await models.readable(moveModel))) return []
    const fields = (await models.fields(moveModel)) ?? {}
    shapes.set(moveModel, fields)
    // A group up to Odoo 18, a list of references from 19 on.
    const column = Object.hasOwn(fields, 'group_id') ? 'group_id' : 'reference_ids'
    const names = new Set(linkColumns.filter((name) => Object.hasOwn(fields, name)).concat(column))
    const trees = places.flatMap(({ tree }) => [
      tree.get('order_line')?.get('move_ids'),
      tree.get('picking_ids')?.get('moves'),
    ])
    for (const tree of trees) {
      if (tree !== undefined) for (const name of columnsOf(moveModel, tree, fields)) names.add(name)
    }
    const asked = await readableOf([...names], fields, models)
    const orders = [...new Set(places.flatMap((place) => place.ids))]
    const found = await Promise.all(
      chunks(orders, ordersMax).map(async (part) => {
        const orderOfGroup = new Map<number, number>()
        for (const id of part) {
          const row = rowOf(orderModel, id)
          for (const group of idsIn(row?.procurement_group_id ?? row?.stock_reference_ids)) orderOfGroup.set(group, id)
        }
        if (orderOfGroup.size === 0) return []
        const rows = await client.searchRead(moveModel, {
          domain: [[column, 'in', [...orderOfGroup.keys()]]],
          fields: asked,
        })
        keep(moveModel, rows)
        return rows.flatMap((row) => {
          const order = idsIn(row[column])
            .map((group) => orderOfGroup.get(group))
            .find((one) => one !== undefined)
          return order === undefined ? [] : [[row, order] as const]
        })
      }),
    )
    return found.flat()
  }

  async function productionsOf(moves: readonly (readonly [Row, number])[]): Promise<Links> {
    const orderOf = new Map(
      moves.flatMap(([move, order]) => idsIn(move.created_production_id).map((id) => [id, order])),
    )
    const found = noLinks()
    if (orderOf.size === 0 || !(await models.readable('mrp.production'))) return found
    for (const [id, order] of orderOf) addLink(found, order, [id])
    if (!Object.hasOwn((await models.fields('mrp.production')) ?? {}, 'procurement_group_id')) return found
    const split = await inChunks([...orderOf.keys()], (ids) =>
      client.searchRead('mrp.production', {
        domain: [['procurement_group_id.mrp_production_ids', 'in', ids]],
        fields: ['procurement_group_id'],
      }),
    )
    const groupOf = (row: Row): number | undefined => idsIn(row.procurement_group_id)[0]
    const orderOfGroup = new Map(
      split.flatMap((row) => (orderOf.has(row.id) ? [[groupOf(row), orderOf.get(row.id)]] : [])),
    )
    for (const row of split) addLink(found, orderOfGroup.get(groupOf(row)), [row.id])
    return found
  }

  async function purchasesOf(orders: readonly number[], moves: readonly (readonly [Row, number])[]): Promise<Links> {
    const found = noLinks()
    if (!(await models.readable('purchase.order.line'))) return found
    const fields = (await models.fields('purchase.order.line')) ?? {}
    const orderOfMove = new Map(moves.map(([move, order]) => [move.id, order]))
    const orderOfSource = new Map(moves.flatMap(([move, order]) => idsIn(move.move_orig_ids).map((id) => [id, order])))
    // A service that is bought names the order; a draft purchase leads to the move it is for, an ordered one its receipts.
    // The other end of the first two tells where there is nothing to ask for.
    const terms: readonly [string, string, readonly number[]][] = [
      ['sale_order_id', 'in', orders.filter(mayHaveBought)],
      ['move_dest_ids', 'in', moves.filter(([move]) => mayWaitForPurchase(move)).map(([move]) => move.id)],
      ['move_ids', 'in', [...orderOfSource.keys()]],
    ]
    const asked = terms.filter(([name, , ids]) => Object.hasOwn(fields, name) && ids.length > 0)
    if (asked.length === 0) return found
    const lines = await client.searchRead('purchase.order.line', {
      domain: [...Array.from({ length: asked.length - 1 }, () => '|'), ...asked],
      fields: ['order_id', ...asked.map(([name]) => name)],
    })
    for (const line of lines) {
      const linked = [
        ...idsIn(line.sale_order_id),
        ...idsIn(line.move_dest_ids).map((id) => orderOfMove.get(id)),
        ...idsIn(line.move_ids).map((id) => orderOfSource.get(id)),
      ]
      for (const order of linked) addLink(found, order, idsIn(line.order_id))
    }
    return found
  }

  /** Whether a line of the order was bought as it is, a service; also when that is not known. */
  function mayHaveBought(order: number): boolean {
    const lines = idsIn(rowOf(orderModel, order)?.order_line).map((id) => rowOf(lineModel, id))
    return (
      lines.length === 0 ||
      lines.some((line) => line?.[boughtColumn] === undefined || idsIn(line[boughtColumn]).length > 0)
    )
  }

  /** Null when the record is not there. */
  function build(model: string, tree: Tree, id: number): JsonObject | null {
    const row = rowOf(model, id)
    const fields = shapes.get(model)
    if (row === undefined || fields === undefined) return null
    const built: Record<string, Json> = { id: String(id) }
    for (const [name, inner] of tree) {
      if (name !== 'id') built[name] = valueAt(model, row, name, inner, fields)
    }
    return built
  }

  function buildAll(model: string, tree: Tree, ids: readonly number[]): Json {
    if (tree.size === 0) return ids.map(String)
    return ids.map((id) => build(model, tree, id)).filter((one) => one !== null)
  }

  function valueAt(model: string, row: Row, name: string, inner: Tree, fields: Fields): Json {
    if (name === 'url') return `${baseUrl}/web#id=${row.id}&model=${model}&view_type=form`
    if (model === orderModel) {
      if (name === 'production_orders') return buildAll('mrp.production', inner, links.get(row.id)?.productions ?? [])
      if (name === 'purchase_orders') return buildAll('purchase.order', inner, links.get(row.id)?.purchases ?? [])
      if (name === 'payments') {
        return idsIn(row.invoice_ids).flatMap((id) => paymentsIn(rowOf('account.move', id)?.[paymentField]))
      }
    }
    if (model === productModel) {
      if (name === 'prices') return (priced.get(row.id) ?? []).map(({ currency, amount }) => ({ currency, amount }))
      if (name === 'on_hand' || name === 'available') return stockOf(row, name)
    }
    if (model === 'stock.move' && (name === 'done' || name === 'reserved')) return quantityOf(row, name)
    if (model === lineModel && isLineQuantity(name)) return lineQuantity(row, name)
    if (model === lineModel && isLineUnit(name)) return unitsOf(row)[name]
    const column = columnOf(model, name, fields)
    const field = column === null ? undefined : fields[column]
    if (column === null || field === undefined) return emptyOf(name)
    const raw = row[column]
    if (field.relation === undefined || field.type === 'many2one_reference') return plainOf(field, raw)
    const ids = idsIn(raw)
    if (field.type !== 'many2one') return buildAll(field.relation, inner, ids)
    const [id] = ids
    if (id === undefined) return null
    const display = Array.isArray(raw) && typeof raw[1] === 'string' ? raw[1] : null
    const deeper = inner.size === 0 ? null : build(field.relation, inner, id)
    return { name: display, ...deeper, id: String(id) }
  }

  const unitOf = (row: Row): Unit | undefined =>
    known.get(idIn(unitColumns.map((name) => row[name]).find((value) => value !== undefined)) ?? 0)

  function unitsOf(row: Row): Readonly<Record<LineUnit, Json>> {
    const unit = unitOf(row)
    const own = known.get(idIn(rowOf(productModel, idIn(row.product_id) ?? 0)?.uom_id) ?? 0)
    return { unit: unit?.name ?? null, product_unit: own?.name ?? null, unit_size: ratioOf(unit, own) }
  }

  /**
   * What the moves of an order line come to, in the unit of the line: moves are in the product's. What a kit is made of moves
   * for its line as well, and is not the thing that was sold. Odoo takes what came back off the delivered quantity.
   */
  function lineQuantity(row: Row, name: LineQuantity): Json {
    const product = idIn(row.product_id)
    const moves = idsIn(row.move_ids)
      .flatMap((id) => rowOf(moveModel, id) ?? [])
      .filter((move) => idIn(move.product_id) === product)
    const inLineUnit = (move: Row, of: 'done' | 'reserved'): Decimal => {
      const quantity = decimal(Number(quantityOf(move, of)))
      return convert(quantity, unitOf(move), unitOf(row)) ?? quantity
    }
    const total = (code: string, of: 'done' | 'reserved', counts: (move: Row) => boolean): Decimal =>
      sum(moves.filter((move) => move.picking_code === code && counts(move)).map((move) => inLineUnit(move, of)))
    if (name === 'reserved') return total('outgoing', 'reserved', () => true)
    const returned = total('incoming', 'done', (move) => move.state === 'done' && move.to_refund === true)
    if (name === 'returned') return returned
    return add(decimal(typeof row.qty_delivered === 'number' ? row.qty_delivered : 0), returned)
  }

  return { load, keep, build, rowsOf: (model: string) => (rows.get(model) ?? new Map<number, Row>()).values() }
}

type LineQuantity = 'reserved' | 'shipped' | 'returned'
const isLineQuantity = (name: string): name is LineQuantity =>
  name === 'reserved' || name === 'shipped' || name === 'returned'

type LineUnit = 'unit' | 'product_unit' | 'unit_size'
const isLineUnit = (name: string): name is LineUnit =>
  name === 'unit' || name === 'product_unit' || name === 'unit_size'

/** The tree as it is read: quantities of order lines are made of their moves, and lines tell of what was bought for them. */
async function withHelpers(model: string, tree: Tree, models: Models): Promise<Tree> {
  const lines = model === orderModel ? tree.get('order_line') : undefined
  if (lines === undefined) return tree
  const none = (): Tree => new Map()
  const deeper = new Map(lines)
  if ([...lines.keys()].some(isLineQuantity)) {
    const moves = new Map(lines.get('move_ids') ?? [])
    for (const name of ['picking_code', 'state', 'to_refund', 'done', 'reserved']) moves.set(name, none())
    deeper.set('move_ids', moves).set('qty_delivered', none())
  }
  if ([...lines.keys()].some(isLineUnit)) {
    deeper.set('product_id', new Map(lines.get('product_id') ?? []).set('uom_id', none()))
  }
  const tellsOfBought =
    tree.has('purchase_orders') &&
    Object.hasOwn((await models.fields(lineModel)) ?? {}, boughtColumn) &&
    (await models.readable('purchase.order.line'))
  if (tellsOfBought) deeper.set(boughtColumn, none())
  return new Map(tree).set('order_line', deeper)
}

/** Records that orders caused, by order. */
type Links = Map<number, Set<number>>
const noLinks = (): Links => new Map()
function addLink(links: Links, order: number | undefined, ids: readonly number[]): void {
  if (order !== undefined) links.set(order, new Set([...(links.get(order) ?? []), ...ids]))
}
const ascending = (ids: readonly number[]): readonly number[] => [...ids].sort((a, b) => a - b)

const wantsLinks = (tree: Tree): boolean => tree.has('production_orders') || tree.has('purchase_orders')
const wantsMoves = (tree: Tree): boolean =>
  (tree.get('order_line')?.get('move_ids')?.size ?? 0) > 0 || (tree.get('picking_ids')?.get('moves')?.size ?? 0) > 0

/** What stock moves tell of other documents: all of it is asked for with them. */
const linkColumns = ['move_orig_ids', 'created_production_id', 'created_purchase_line_id', 'created_purchase_line_ids']
/** Purchases of a service that was sold. */
const boughtColumn = 'purchase_line_ids'

/** Whether a purchase may have been made for a move; Odoo has one name for it up to version 16 and another after. */
function mayWaitForPurchase(move: Row): boolean {
  const told = [move.created_purchase_line_id, move.created_purchase_line_ids].filter((value) => value !== undefined)
  return told.length === 0 || told.some((value) => idsIn(value).length > 0)
}

const paymentField = 'invoice_payments_widget'
const paymentTree: Tree = new Map([[paymentField, new Map()]])

/** Odoo's own name of a field, which differs by version for some of ours; null when this Odoo has none. */
function columnOf(model: string, name: string, fields: Fields): string | null {
  const names = model === 'stock.picking' && name === 'moves' ? ['move_ids', 'move_lines'] : [name]
  const found = names.find((one) => Object.hasOwn(fields, one))
  if (found !== undefined) return found
  if (isVirtual(model, name) || mayBeMissing(model, name) || name === paymentField) return null
  throw new SyncError(`This Odoo has no field "${name}" on ${model}`, {
    problem: { kind: 'configuration_invalid', path: `${model}.${name}` },
    fix: `Correct the mapping that reads ${model}.${name}, or give the user the group that may see the field.`,
  })
}

/** What has to be asked of a model for the names of a tree. */
function columnsOf(model: string, tree: Tree, fields: Fields): readonly string[] {
  const columns = new Set<string>(['id'])
  const ask = (...names: readonly string[]) => {
    for (const name of names) if (Object.hasOwn(fields, name)) columns.add(name)
  }
  for (const name of tree.keys()) {
    if (model === orderModel && (name === 'production_orders' || name === 'purchase_orders')) {
      ask('procurement_group_id', 'stock_reference_ids', 'mrp_production_ids')
    } else if (model === orderModel && name === 'payments') ask('invoice_ids')
    else if (model === orderModel && (name === 'order_line' || name === 'picking_ids')) {
      ask(name, 'procurement_group_id', 'stock_reference_ids')
    } else if (model === 'stock.move' && (name === 'done' || name === 'reserved')) {
      ask('state', 'quantity_done', 'reserved_availability', 'quantity', 'product_id', 'product_uom')
    } else if (model === lineModel && (isLineQuantity(name) || isLineUnit(name))) ask('product_id', ...unitColumns)
    else if (model === productModel && name === 'prices') ask(...priceColumns)
    else if (model === productModel && (name === 'on_hand' || name === 'available')) {
      ask('type', 'is_storable', stockColumns[name])
    } else {
      const column = columnOf(model, name, fields)
      if (column !== null) columns.add(column)
    }
  }
  return [...columns]
}

/**
 * Without lists of records that our user may not read: 19 refuses the whole call for one (seen), where older ones send ids that
 * lead to nothing.
 */
async function readableOf(names: readonly string[], fields: Fields, models: Models): Promise<readonly string[]> {
  const readable = await Promise.all(
    names.map((name) => {
      const { type = '', relation = '' } = fields[name] ?? {}
      return !type.endsWith('2many') || !optionalModels.has(relation) || models.readable(relation)
    }),
  )
  return names.filter((_, place) => readable[place])
}

const stockColumns = { on_hand: 'qty_available', available: 'free_qty' } as const

/** Null for a service or a consumable, of which Odoo says 0, and where the app for stock is not installed. */
function stockOf(row: Row, name: keyof typeof stockColumns): Json {
  const quantity = row[stockColumns[name]]
  // A type of its own up to Odoo 17; a mark on goods after.
  const kept = 'is_storable' in row ? row.is_storable === true : row.type === 'product'
  return kept && typeof quantity === 'number' ? quantity : null
}

/** Up to Odoo 16 two fields; from 17 on one, which is what is reserved until it is done. */
function quantityOf(row: Row, name: 'done' | 'reserved'): Json {
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
  if ('quantity' in row) {
    const counts =
      name === 'done' ? row.state === 'done' : row.state === 'assigned' || row.state === 'partially_available'
    return counts ? number(row.quantity) : 0
  }
  if (name === 'done') return row.state === 'done' ? number(row.quantity_done) : 0
  return number(row.reserved_availability)
}

const emptyOf = (name: string): Json => (name === 'moves' || name.endsWith('_ids') || name === 'order_line' ? [] : null)

/** Ids in a relation's value: `[id, name]`, a list of ids, or `false`. */
function idsIn(value: unknown): readonly number[] {
  if (!Array.isArray(value)) return typeof value === 'number' ? [value] : []
  if (value.length === 2 && typeof value[1] === 'string') return typeof value[0] === 'number' ? [value[0]] : []
  return value.filter((one) => typeof one === 'number')
}

function plainOf(field: Field, raw: unknown): Json {
  if (field.type === 'boolean') return raw === true
  if (raw === false || raw === '' || raw === null || raw === undefined) return null
  if (field.type === 'datetime' && typeof raw === 'string') return `${raw.slice(0, 10)}T${raw.slice(11, 19)}.000Z`
  return raw as Json
}

const paymentsSchema = z.looseObject({
  content: z.array(z.looseObject({ date: z.string().nullish(), amount: z.number(), name: z.unknown() })),
})

/** The payments that Odoo shows below an invoice: JSON text up to Odoo 15, an object after. */
function paymentsIn(value: unknown): readonly Json[] {
  const parsed = paymentsSchema.safeParse(typeof value === 'string' ? parseJson(value) : value)
  if (!parsed.success) return []
  return parsed.data.content.map(({ date, amount, name }) => ({
    date: date ?? null,
    amount,
    name: typeof name === 'string' ? name : null,
  }))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A module of this Odoo shows something else there: no payments are known then.
    return null
  }
}

async function inChunks(
  ids: readonly number[],
  ask: (ids: readonly number[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  return (await Promise.all(chunks(ids, idsMax).map(ask))).flat()
}
