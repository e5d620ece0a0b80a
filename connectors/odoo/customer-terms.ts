import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Write } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { keep } from '../kit/kept.ts'
import type { Client, Row } from './client.ts'
import { isSyncError } from './errors.ts'
import { idOf } from './reference.ts'
import type { Models } from './schema.ts'

type Creation = Extract<Write, { do: 'create' }>

const order = 'sale.order'
const partner = 'res.partner'
/** What Odoo's form puts into an order from its customer, by the field of the order, and where the customer has it. */
const agreed = {
  payment_term_id: 'property_payment_term_id',
  fiscal_position_id: 'property_account_position_id',
  user_id: 'user_id',
} as const
type Name = keyof typeof agreed
const names = Object.keys(agreed) as readonly Name[]
const partnersMax = 500
/** Orders of one batch are written in parts, and their customers recur: for so long terms are taken as they were read. */
const freshMs = 5000
const keptMax = 5000
type Terms = ReadonlyMap<number, JsonObject>

/**
 * Terms of customers for new orders. Up to version 15 it is the form that takes payment terms, fiscal position and
 * salesperson from the customer, and an order made over the API has none. From 16 on Odoo computes them itself.
 */
export function openTerms(client: Client, models: Models, clock: Clock) {
  const kept = new Map<number, { readonly terms: Promise<Terms>; readonly at: number }>()

  async function askRows(model: string, ids: readonly number[], fields: readonly string[]): Promise<readonly Row[]> {
    const parts = chunks([...new Set(ids)], partnersMax).map((part) =>
      client.searchRead(model, { domain: [['id', 'in', part]], fields, archived: model === partner }),
    )
    return (await Promise.all(parts)).flat()
  }

  /** An archived one cannot be written into an order, nor one that our user may not see. */
  async function usable(model: string, ids: readonly number[]): Promise<ReadonlySet<number>> {
    if (ids.length === 0) return new Set()
    try {
      return new Set((await askRows(model, ids, ['id'])).map((row) => row.id))
    } catch (error) {
      if (isSyncError(error, 'permission_missing')) return new Set()
      throw error
    }
  }

  /** By the id of the customer. */
  async function of(ids: readonly number[], wanted: readonly Name[]): Promise<Terms> {
    const now = toMillis(clock.now())
    const missing = ids.filter((id) => Math.abs(now - (kept.get(id)?.at ?? Number.NEGATIVE_INFINITY)) > freshMs)
    if (missing.length > 0) {
      const terms = ask([...new Set(missing)], wanted)
      for (const id of missing) keep(kept, id, { terms, at: now }, keptMax)
      // A failure is for those who asked, and is asked again.
      terms.catch(() => {
        for (const id of missing) if (kept.get(id)?.terms === terms) kept.delete(id)
      })
    }
    const asked = new Set(ids.flatMap((id) => kept.get(id)?.terms ?? []))
    return new Map((await Promise.all(asked)).flatMap((terms) => [...terms]))
  }

  async function ask(ids: readonly number[], wanted: readonly Name[]): Promise<Terms> {
    const fields = [...wanted.map((name) => agreed[name]), 'commercial_partner_id']
    const rows = await askRows(partner, ids, fields)
    // Who has no salesperson has that of the company above.
    const above = rows.flatMap((row) => {
      const company = idOf(row.commercial_partner_id)
      return idOf(row.user_id) !== null || company === null || company === row.id ? [] : [company]
    })
    const companies = new Map(
      above.length === 0 || !wanted.includes('user_id')
        ? []
        : (await askRows(partner, above, ['user_id'])).map((row) => [row.id, row]),
    )
    const termOf = (row: Row, name: Name): number | null =>
      idOf(row[agreed[name]]) ??
      (name === 'user_id' ? idOf(companies.get(idOf(row.commercial_partner_id) ?? 0)?.user_id) : null)
    const known = (await models.fields(order)) ?? {}
    const there = new Map(
      await Promise.all(
        wanted.map(async (name) => {
          const found = rows.flatMap((row) => termOf(row, name) ?? [])
          return [name, await usable(known[name]?.relation ?? '', found)] as const
        }),
      ),
    )
    const termsOf = (row: Row): JsonObject =>
      Object.fromEntries(
        wanted.flatMap((name) => {
          const id = termOf(row, name)
          return id !== null && there.get(name)?.has(id) === true ? [[name, String(id)]] : []
        }),
      )
    return new Map(rows.map((row) => [row.id, termsOf(row)]))
  }

  /** Which of them Odoo does not put in by itself. */
  async function missingNames(): Promise<readonly Name[]> {
    const [own, theirs] = await Promise.all([models.fields(order), models.fields(partner)])
    return names.filter((name) => own?.[name]?.computed === false && theirs?.[agreed[name]] !== undefined)
  }

  /**
   * Adds to new orders what they do not say themselves; nothing is asked where Odoo does it all.
   * @throws SyncError
   */
  async function withTerms<W extends Write>(writes: readonly W[]): Promise<readonly W[]> {
    const creations = writes.filter((write): write is W & Creation => write.do === 'create' && write.object === order)
    if (creations.length === 0) return writes
    const wanted = await missingNames()
    const open = new Set<Write>(
      creations.filter(({ fields }) => wanted.some((name) => (fields[name] ?? null) === null)),
    )
    const customerOf = (fields: JsonObject): number => Number(fields.partner_id)
    const customers = creations.filter((write) => open.has(write)).map(({ fields }) => customerOf(fields))
    const terms = await of(customers.filter(Number.isInteger), wanted)
    return writes.map((write) => {
      if (write.do !== 'create' || !open.has(write)) return write
      const given = Object.entries(write.fields).filter(([, value]) => value !== null)
      return { ...write, fields: { ...terms.get(customerOf(write.fields)), ...Object.fromEntries(given) } }
    })
  }

  /** Customers were just made, and their orders are next: their terms are asked for together, while the orders are planned. */
  async function expect(made: readonly number[]): Promise<void> {
    try {
      const wanted = await missingNames()
      if (made.length > 0 && wanted.length > 0) await of(made, wanted)
    } catch (error) {
      // They are asked for again when they are needed, and whoever needs them gets the answer.
      if (!(error instanceof SyncError)) throw error
    }
  }

  return { withTerms, expect }
}
