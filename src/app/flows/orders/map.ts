import type { Json, JsonObject } from '../../../core/json.ts'
import { type Mapped, mapOutbound, type Resolver, type TargetRecord } from '../../../mapping/run/run.ts'
import type { Batch } from '../../bench/batch.ts'
import type { Deps } from '../../bench/deps.ts'
import { breathe } from '../../bench/in-parts.ts'
import { type Case, isLinked, type Wanted, wantedOf } from './case.ts'
import type { CustomerOutcome } from './customers.ts'
import type { DealSync } from './sync.ts'

// Stands for the customer while he is being found; no system has such an id.
const someone = 'the customer of the deal'

type MappedOrders = ReadonlyMap<string, Mapped<TargetRecord>>

/** Maps deals to orders before it is known whose they are, and asks for what they look up. */
export async function mapEarly(
  sync: DealSync,
  cases: readonly Case[],
  lookups: Resolver,
  deps: Deps,
): Promise<MappedOrders> {
  const won = cases.filter((one) => one.deal.won)
  // First the questions go out that nobody has to work for.
  await breathe()
  return mapOrders(
    sync,
    won,
    (one) => (isLinked(one) ? 'update' : 'create'),
    () => someone,
    lookups,
    deps,
  )
}

/** Maps deals to orders. @param customerOf  the target's id of a deal's customer */
async function mapOrders(
  sync: DealSync,
  cases: readonly Case[],
  op: (one: Case) => 'create' | 'update',
  customerOf: (one: Case) => string | null,
  lookups: Resolver,
  deps: Deps,
): Promise<MappedOrders> {
  const account = { ...(await sync.target.account()) }
  const mapped = await mapOutbound(
    sync.order,
    cases.map((one) => {
      const customer = customerOf(one)
      return { document: one.deal, op: op(one), account, links: customer === null ? {} : { customer } }
    }),
    lookups,
    deps.evaluator,
  )
  return new Map(cases.flatMap((one, index) => (mapped[index] === undefined ? [] : [[one.id, mapped[index]] as const])))
}

/** Puts the customer where he was kept a place; null where a rule made something else of that. */
function withCustomer(record: TargetRecord, id: string): TargetRecord | null {
  let spoilt = false
  const put = (value: Json): Json => {
    if (value === someone) return id
    if (typeof value === 'string' && value.includes(someone)) spoilt = true
    return value
  }
  const putAll = (fields: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, put(value)]))
  const { fields, lines, lineage } = record
  const settled = {
    fields: putAll(fields),
    lines:
      lines === null ? null : { ...lines, items: lines.items.map((one) => ({ ...one, fields: putAll(one.fields) })) },
    lineage: lineage.map((one) => ({ ...one, value: put(one.value) })),
  }
  return spoilt ? null : settled
}

/** Gives each deal that shall have an order what the order shall be; the others get their outcome. */
export async function wantedOrders(
  sync: DealSync,
  cases: readonly Case[],
  early: MappedOrders,
  customers: ReadonlyMap<string, CustomerOutcome>,
  again: ReadonlySet<string>,
  lookups: Resolver,
  deps: Deps,
  batch: Batch,
): Promise<Map<string, Wanted>> {
  const customerOf = (one: Case): string | null => {
    const customer = customers.get(one.deal.customer?.id ?? '')
    return customer?.ok === true ? customer.id : null
  }
  const results = new Map<string, Mapped<TargetRecord>>()
  const anew: Case[] = []
  for (const one of cases) {
    const customer = customerOf(one)
    const result = early.get(one.id)
    const settled = result?.ok === true && customer !== null ? withCustomer(result.value, customer) : null
    if (again.has(one.id) || result === undefined || (result.ok && settled === null)) anew.push(one)
    else results.set(one.id, settled === null ? result : { ok: true, value: settled })
  }
  const later = await mapOrders(
    sync,
    anew,
    (one) => (again.has(one.id) || isLinked(one) ? 'update' : 'create'),
    customerOf,
    lookups,
    deps,
  )
  const wanted = new Map<string, Wanted>()
  for (const one of cases) {
    const result = results.get(one.id) ?? later.get(one.id)
    if (result === undefined) continue
    if (result.ok) wanted.set(one.id, wantedOf(result.value, one.key, sync.order.references))
    else if (result.failures[0] !== undefined) batch.fail(one.id, result.failures[0])
  }
  return wanted
}
