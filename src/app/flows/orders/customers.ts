import type { Customer } from '../../../core/documents.ts'
import type { Json, JsonObject } from '../../../core/json.ts'
import type { Failure, Result } from '../../../core/problem.ts'
import { type RecordKind, type RecordRef, refText } from '../../../core/ref.ts'
import { mapOutbound, type TargetRecord } from '../../../mapping/run/run.ts'
import { keyOf } from '../../../plan/key.ts'
import type { Bench, PlannedCustomer } from '../../bench/bench.ts'
import { find } from '../../bring/find.ts'
import { intend } from '../../bring/intend.ts'
import type { Brought, Ready, Subject } from '../../bring/kind.ts'
import { make } from '../../bring/make.ts'
import type { DealSync } from './sync.ts'

/**
 * Customers come with their deals and have no object of their own there: their records are named by the document. Ids tell
 * companies from persons.
 */
export const customerRecords = (sync: Pick<DealSync, 'source'>): RecordKind => ({
  connection: sync.source.name,
  object: 'customer',
})

/** The customers of a batch, on their way to the target. */
export interface Customers {
  /** Looks for all of them in the target, each once; creates nothing. */
  look(): Promise<void>
  /** Creates those of these deals' customers that were not found, each once. */
  make(ids: readonly string[]): Promise<void>
  /** The target's id of a customer, or why there is none. To be asked after `look` and `make`. */
  outcomeOf(id: string): { readonly ok: true; readonly id: string } | { readonly ok: false; readonly failure: Failure }
  /** The same for a person to read; null where there is none. */
  plannedOf(id: string): PlannedCustomer | null
}

/** @param customers  of the deals that are otherwise ready; the intents of their links are stored here */
export async function openCustomers(sync: DealSync, customers: readonly Customer[], bench: Bench): Promise<Customers> {
  const records = customerRecords(sync)
  const refOf = (id: string): RecordRef => ({ ...records, id })
  const account = await bench.source.account()
  const keyFor = (id: string) => keyOf({ system: sync.source.system, account: account.id }, 'customer', id)
  const distinct = [...new Map(customers.map((customer) => [customer.id, customer])).values()]
  const kind = sync.customers
  const known = await bench.links.bySource(
    kind.sync,
    kind.name,
    distinct.map(({ id }) => refOf(id)),
  )
  const links = new Map(known.map((link) => [link.source.ref.id, link]))
  const missing = distinct.filter(({ id }) => !links.has(id))
  const fresh = await intend(
    kind,
    missing.map(({ id, name }) => ({ ref: refOf(id), key: keyFor(id), label: name })),
    bench,
  )
  for (const link of fresh) links.set(link.source.ref.id, link)

  const subjects = distinct.map((customer): Subject & { customer: Customer } => {
    const link = links.get(customer.id)
    if (link === undefined) throw new Error(`the intent for customer ${customer.id} was not stored`)
    const { id, name } = customer
    return { ref: refOf(id), key: keyFor(id), keyPrefix: keyFor(''), label: name, link, customer }
  })
  const brought = new Map<string, Brought>()
  const mapped = new Map<string, TargetRecord>()
  const put = (found: ReadonlyMap<string, Brought>) => {
    for (const [name, result] of found) brought.set(name, result)
  }

  return {
    async look() {
      const documents = new Map(subjects.map(({ ref, customer }) => [refText(ref), customer]))
      // Linked customers need no mapping.
      const map = async (open: readonly Subject[]) => {
        const names = open.map(({ ref }) => refText(ref))
        const results = await mapCustomers(
          sync,
          names.flatMap((name) => documents.get(name) ?? []),
          bench,
        )
        return new Map(
          names.flatMap((name, index): [string, Result<JsonObject>][] => {
            const result = results[index]
            if (result === undefined) return []
            if (!result.ok) return [[name, { ok: false, failure: result.failures[0] }]]
            mapped.set(name, result.value)
            return [[name, { ok: true, value: result.value.fields }]]
          }),
        )
      }
      const sought = subjects.map((subject) => ({ ...subject, fields: null }))
      put(await find(kind, sought, bench, map))
    },
    async make(ids) {
      const wanted = new Set(ids)
      const ready = subjects.flatMap((subject): Ready[] => {
        const record = mapped.get(refText(subject.ref))
        if (record === undefined || !wanted.has(subject.customer.id) || brought.has(refText(subject.ref))) return []
        return [{ ...subject, fields: record.fields, lines: linesOf(subject.key, record) }]
      })
      put(await make(kind, ready, bench))
    },
    plannedOf(id) {
      const name = refText(refOf(id))
      const result = brought.get(name)
      if (result?.ok !== true) return null
      const { how, by = null, label } = result
      const fields = how === 'planned' ? (mapped.get(name)?.lineage ?? []) : []
      return { id: how === 'planned' ? null : result.id, label, by, fields }
    },
    outcomeOf(id) {
      const result = brought.get(refText(refOf(id)))
      if (result === undefined) throw new Error(`customer ${id} was asked for before it was looked for and made`)
      return result
    },
  }
}

/** Lines of a customer (addresses) are numbered within it. */
const linesOf = (key: string, { lines }: TargetRecord): Ready['lines'] =>
  lines === null
    ? null
    : { field: lines.field, items: lines.items.map((item) => ({ key: `${key}_${item.key}`, fields: item.fields })) }

async function mapCustomers(sync: DealSync, customers: readonly Customer[], bench: Bench) {
  if (customers.length === 0) return []
  const account = { ...(await bench.target.account()) }
  return mapOutbound(
    sync.customer,
    customers.map((customer) => ({ document: customer as Json, op: 'create' as const, account, links: {} })),
    bench.lookups,
    bench.deps.evaluator,
  )
}
