import type { Watch } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { type Client, limits, type QueryPage, type Row } from './client.ts'
import { isSyncError } from './errors.ts'
import {
  asTime,
  columns,
  committingTypes,
  orderObject,
  places,
  sellable,
  tables,
  toTime,
  watchedTypes,
} from './schema.ts'

/** How the changes of an object are found. */
export interface Followed {
  /**
   * A page of what was changed at a time or later, in an order of its own, so that it goes on behind any place. Rows have
   * `modified`, and `now` by the same clock.
   * @param from  local time; null for all that there is
   */
  page(from: string | null, after: string | null): Promise<QueryPage>
  /** Tells a row from all others, and where the page behind it begins. */
  placeOf(row: Row): string
  /** The records that rows are about, each once. */
  idsOf(rows: readonly Row[]): Promise<readonly string[]>
}

/** Records that are followed by themselves, and orders with their documents. Null where changes are not told. */
export function followRecords(client: Client, object: string): Followed | null {
  const table = tables[object]
  const modified = table?.modified
  if (table === undefined || modified === undefined) return null
  const orders = object === orderObject
  const types = orders ? watchedTypes : []

  /** The orders that documents belong to: payments and credits are two steps away from theirs. */
  async function ordersOf(documents: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const replies = await Promise.all(
      chunks(documents, limits.values).map((ids) =>
        client.queryAll(
          'SELECT DISTINCT p.nextdoc AS document, p.previousdoc AS source, p.previoustype AS sourcetype, o.previousdoc AS origin ' +
            'FROM PreviousTransactionLineLink p LEFT JOIN PreviousTransactionLineLink o ' +
            "ON o.nextdoc = p.previousdoc AND o.previoustype = 'SalesOrd' " +
            `WHERE p.nextdoc IN (${places(ids)}) ORDER BY p.nextdoc, p.previousdoc, o.previousdoc`,
          ids,
        ),
      ),
    )
    const found = new Map<string, string[]>()
    for (const { document = '', source, sourcetype, origin } of replies.flat()) {
      const order = sourcetype === 'SalesOrd' ? source : origin
      if (order !== undefined) found.set(document, [...(found.get(document) ?? []), order])
    }
    return found
  }

  return {
    placeOf: (row) => row.id ?? '',
    page(from, after) {
      const conditions = [
        ...(types.length === 0 ? [] : [`r.type IN (${places(types)})`]),
        ...(from === null ? [] : [`r.${modified} >= ${toTime}`]),
      ]
      const statement = [
        `SELECT r.id, ${orders ? 'r.type, ' : ''}${asTime(`r.${modified}`)} AS modified,`,
        `${asTime('SYSDATE')} AS now FROM ${table.name} r`,
        `WHERE ${[...conditions, 'r.id > ?'].join(' AND ')} ORDER BY r.id`,
      ].join(' ')
      return client.query(statement, [...types, ...(from === null ? [] : [from]), after ?? '0'])
    },
    async idsOf(rows) {
      if (!orders) return rows.map((row) => row.id ?? '')
      const documents = rows.filter((row) => row.type !== 'SalesOrd').map((row) => row.id ?? '')
      const linked = documents.length === 0 ? null : await ordersOf(documents)
      const ids = rows.flatMap((row) => (row.type === 'SalesOrd' ? [row.id ?? ''] : (linked?.get(row.id ?? '') ?? [])))
      return [...new Set(ids)]
    },
  }
}

/** What a change of an item can be seen by, in the order of the pages. */
const sources = ['item', 'stock', 'document'] as const
type Source = (typeof sources)[number]
interface Place {
  readonly source: Source
  readonly id: string
  /** Of a row of stock: its location. */
  readonly part: string
}

/**
 * Items that changed themselves, prices included; rows of stock whose available quantity changed; and transactions that move
 * goods or reserve them, as goods that were reserved and leave change what is on hand and not what is available. All
 * by one statement, so that an idle poll is one call.
 */
export function followItems(client: Client) {
  const absent = new Set<Source>()
  /** Whether each source takes a statement of its own, as this account combines none. */
  let apart = false

  function branch(source: Source, from: string | null, after: Place | null): { text: string; params: string[] } {
    const { id, part } = after?.source === source ? after : { id: '0', part: '0' }
    const time = from === null ? [] : [from]
    const since = (column: string) => (from === null ? '' : `${column} >= ${toTime} AND `)
    switch (source) {
      case 'item':
        return {
          text:
            'SELECT 1 AS source, i.id AS id, 0 AS part, i.lastmodifieddate AS modified FROM item i ' +
            `WHERE ${since('i.lastmodifieddate')}${sellable} AND i.id > ?`,
          params: [...time, id],
        }
      case 'stock': {
        const { changed } = columns.stock
        return {
          text:
            `SELECT 2 AS source, a.item AS id, NVL(a.location, 0) AS part, a.${changed} AS modified ` +
            `FROM aggregateitemlocation a JOIN item i ON i.id = a.item WHERE ${since(`a.${changed}`)}${sellable} ` +
            'AND (a.item > ? OR (a.item = ? AND NVL(a.location, 0) > ?))',
          params: [...time, id, id, part],
        }
      }
      case 'document':
        return {
          text:
            'SELECT 3 AS source, t.id AS id, 0 AS part, t.lastmodifieddate AS modified FROM transaction t ' +
            `WHERE ${since('t.lastmodifieddate')}(t.type IN (${committingTypes.map((type) => `'${type}'`).join(', ')}) OR EXISTS ` +
            "(SELECT 1 FROM transactionline l WHERE l.transaction = t.id AND l.isinventoryaffecting = 'T')) AND t.id > ?",
          params: [...time, id],
        }
    }
  }

  async function ask(
    wanted: readonly Source[],
    from: string | null,
    after: Place | null,
    limit: number,
  ): Promise<QueryPage> {
    const [first, ...rest] = wanted
    if (apart && first !== undefined && rest.length > 0)
      return joined(await ask([first], from, after, limit), rest, from, limit)
    const branches = wanted.map((source) => branch(source, from, after))
    const statement = [
      `SELECT u.source, u.id, u.part, ${asTime('u.modified')} AS modified, ${asTime('SYSDATE')} AS now`,
      `FROM (${branches.map(({ text }) => text).join(' UNION ALL ')}) u ORDER BY u.source, u.id, u.part`,
    ].join(' ')
    const params = branches.flatMap(({ params: own }) => own)
    return client.query(statement, params, { limit })
  }

  /** Fills a page from the sources behind its own. */
  async function joined(
    page: QueryPage,
    later: readonly Source[],
    from: string | null,
    limit: number,
  ): Promise<QueryPage> {
    const room = limit - page.rows.length
    if (room === 0 || later.length === 0) return page
    const rest = await withoutAbsent(later, from, null, room)
    const at = page.rows.length > 0 ? page.at : rest.at
    return { rows: [...page.rows, ...rest.rows], hasMore: rest.hasMore, at }
  }

  /** What cannot be asked for, as a feature is off or the role may not see it, is left out from then on. */
  async function withoutAbsent(
    wanted: readonly Source[],
    from: string | null,
    after: Place | null,
    limit: number,
  ): Promise<QueryPage> {
    const there = wanted.filter((source) => !absent.has(source))
    if (there.length === 0) return { rows: [], hasMore: false, at: null }
    try {
      return await ask(there, from, after, limit)
    } catch (error) {
      if (!isSyncError(error, 'configuration_invalid', 'permission_missing')) throw error
      const before = absent.size
      for (const source of there) {
        if (source !== 'item' && (await isRefused(source, from))) absent.add(source)
      }
      if (absent.size === before) {
        // Nothing is missing by itself: that sources are combined by UNION ALL may be what is refused.
        if (apart || there.length < 2) throw error
        apart = true
      }
      return withoutAbsent(wanted, from, after, limit)
    }
  }
  async function isRefused(source: Source, from: string | null): Promise<boolean> {
    try {
      await ask([source], from, null, 1)
      return false
    } catch (error) {
      if (isSyncError(error, 'configuration_invalid', 'permission_missing')) return true
      throw error
    }
  }

  /** Items for sale that documents move or reserve, as many as there are. */
  async function itemsOf(documents: readonly string[]): Promise<readonly string[]> {
    const found: string[] = []
    for (const part of chunks(documents, limits.values)) {
      let last: string | undefined = '0'
      while (last !== undefined) {
        const { rows } = await client.query(
          `SELECT DISTINCT i.id FROM transactionline l JOIN item i ON i.id = l.item WHERE ${sellable} ` +
            `AND l.transaction IN (${places(part)}) AND i.id > ? ORDER BY i.id`,
          [...part, last],
        )
        found.push(...rows.map((row) => row.id ?? ''))
        last = rows.length < limits.page ? undefined : rows.at(-1)?.id
      }
    }
    return found
  }

  return ({ paths }: Watch): Followed => {
    const counts = paths.length === 0 || paths.some((path) => /^(on_hand|available)\b/.test(path))
    const followed: readonly Source[] = counts ? sources : ['item']
    return {
      placeOf: ({ source = '1', id = '', part = '0' }) => `${sources[Number(source) - 1]} ${id} ${part}`,
      async page(from, given) {
        // All items are told by themselves; what changes of their stock meanwhile, the next round tells.
        const all: readonly Source[] = from === null ? ['item'] : followed
        if (given === null) return withoutAbsent(all, from, null, limits.page)
        // Further pages ask source by source: the database need not sort all of them for each.
        const after = placeIn(given)
        const steps = (source: Source) => sources.indexOf(source) - sources.indexOf(after.source)
        const own = all.filter((source) => steps(source) === 0)
        const later = all.filter((source) => steps(source) > 0)
        return joined(await withoutAbsent(own, from, after, limits.page), later, from, limits.page)
      },
      async idsOf(rows) {
        const documents = rows.filter((row) => row.source === '3').map((row) => row.id ?? '')
        const own = rows.filter((row) => row.source !== '3').map((row) => row.id ?? '')
        return [...new Set([...own, ...(documents.length === 0 ? [] : await itemsOf(documents))])]
      },
    }
  }
}

function placeIn(text: string): Place {
  const [source = '', id = '0', part = '0'] = text.split(' ')
  return { source: sources.find((one) => one === source) ?? 'item', id, part }
}
