import { SyncError } from '../../../core/problem.ts'
import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import { didYouMean } from '../../../mapping/compile/suggest.ts'
import { heldFields } from '../../../plan/drift.ts'
import { datingFields } from '../../../plan/plan.ts'
import type { Watch } from '../../../ports/connector.ts'
import { unseen } from '../../bench/unseen.ts'
import { defineFlow, type MappingPart, type Opening, shipped } from '../flow.ts'
import { howFar } from '../order-now.ts'
import { belowNames, belowParts, belowReads, belowRoles } from './below-parts.ts'
import { type OrderSync, orderSyncSchema } from './config.ts'
import { proven } from './confirm.ts'
import { decide } from './decide.ts'
import { deliverOrders } from './deliver.ts'
import { documentsOf } from './documents.ts'
import { erasePerson, findPerson } from './erase.ts'
import { customerKind, orderKind } from './kinds.ts'
import { linkCustomer } from './link-customer.ts'
import { newestWon } from './newest.ts'
import { orderPage } from './order-page.ts'
import { ownersOf } from './owners.ts'
import { backfill, concerned, reconcile } from './reconcile.ts'
import type { DealSync } from './sync.ts'
import { watchOf } from './watch.ts'

/** Deal → order: a won deal becomes one sales order of the ERP, once and only once. */
export const orders = defineFlow({
  document: 'deal',
  title: 'Won deals of `from` become orders of `to`.',
  example: {},
  record: 'deal',
  config: orderSyncSchema,
  records: { role: 'deal', end: 'source' },
  kind: 'order',
  limits: ({ since = null, where = null, guard }) => ({
    since,
    where,
    guard: { perHour: guard.orders_per_hour, path: ['guard', 'orders_per_hour'] },
  }),
  parts({ mappings: own }, { source, target }) {
    return {
      deal: { file: own.deal ?? shipped(source, 'deal'), own: 'source', other: null },
      order: {
        file: own.order ?? shipped(target, 'order'),
        own: 'target',
        other: 'deal',
        links: ['customer'],
        linksOf: { address: namesOf('address'), contact: namesOf('contact') },
        creates: true,
      },
      address: below(own.address, target, 'address'),
      contact: below(own.contact, target, 'contact'),
      customer: { file: own.customer ?? shipped(target, 'customer'), own: 'target', other: 'deal', creates: true },
      fulfilment: { file: own.fulfilment ?? shipped(target, 'fulfilment'), own: 'target', other: null },
    }
  },
  open(opening) {
    const sync = dealSync(opening)
    return {
      watches: [watchOf(sync)],
      begin: (state) => sync.config.since ?? state.enabledAt,
      concerns(watch: Watch, page, ledger) {
        const met = page.ids.map((id) => ({
          ref: { connection: sync.source.name, object: watch.object, id },
          versions: page.versions?.[id],
        }))
        return unseen({ name: sync.name, kind: sync.orders.name, digest: sync.digest }, 'source', met, ledger)
      },
      deliver: (bench) => deliverOrders(sync, bench),
      guard: { perHour: sync.config.guard.orders_per_hour },
      whenLive: null,
      worksWithoutSource: false,
      deals: {
        concerned: (records, deps) => concerned(sync, records, deps),
        owners: (records, deps) => ownersOf(sync, records, deps),
        backfill: (options, deps) => backfill(sync, options, deps),
        reconcile: (options, deps) => reconcile(sync, options, deps),
        newestWon: (deps) => newestWon(sync, deps),
        linkCustomer: (what, deps) => linkCustomer(sync, what, deps),
        decide: (what, deps) => decide(sync, what, deps),
        documents: (deal, lane, deps) => documentsOf(sync, deal, lane, deps),
        orderPage: (deal, deps) => orderPage(sync, deal, deps),
        findPerson: (whom, ledger) => findPerson(sync, whom, ledger),
        erasePerson: (found, how, deps) => erasePerson(sync, found, how, deps),
      },
    }
  },
})

const namesOf = (role: string): readonly string[] => belowNames.filter((name) => belowRoles[name] === role)

/** Not every ERP has records below its customers: one may have addresses on orders, or none. */
const below = (own: string | undefined, system: string, role: string): MappingPart => ({
  file: own ?? shipped(system, role),
  own: 'target',
  other: 'deal',
  links: ['customer'],
  creates: true,
  optional: own === undefined,
})

function dealSync(opening: Opening & { readonly config: OrderSync }): DealSync {
  const { name, config, mapping } = opening
  const order = mapping('order')
  checkFields(name, order, config)
  const customer = mapping('customer')
  const below = belowParts(name, order, opening.mappingIfThere)
  const own = [...needed, ...order.documentReads, ...belowReads(below)]
  const used = [
    ...own,
    ...customer.documentReads.map((path) => `customer.${path}`),
    // The goods of a deal without an address of its own go where the customer's go.
    ...own.filter((path) => path.startsWith('shipTo')).map((path) => `customer.${path}`),
  ]
  const deal = mapping('deal').only(used)
  return {
    ...opening,
    deal,
    order,
    customer,
    below,
    fulfilment: mapping('fulfilment').only([...howFar, ...proven, ...heldFields]),
    reads: readsOf(deal, used, [order, customer, ...below.map((part) => part.mapping)], config),
    orders: orderKind(name, order),
    customers: customerKind(name, customer, config.policies.missing_customer),
  }
}

/** @throws SyncError `configuration_invalid` where a policy names a field that the mapping does not write */
function checkFields(name: string, order: CompiledMapping, { policies }: OrderSync): void {
  const known = [...Object.keys(order.fieldSources), ...(order.linesField === null ? [] : [order.linesField])]
  const unknown = Object.keys(policies.amended.fields).find((field) => !known.includes(field))
  if (unknown === undefined) return
  throw new SyncError(`Sync "${name}" has a policy for "${unknown}", and the order mapping writes no such field`, {
    problem: { kind: 'configuration_invalid', path: `syncs.${name}.policies.amended.fields` },
    fix: didYouMean(unknown, known) ?? `Name one of: ${known.join(', ')}.`,
  })
}

function readsOf(
  deal: CompiledMapping,
  used: readonly string[],
  outbound: readonly CompiledMapping[],
  config: OrderSync,
): readonly string[] {
  const others = [...outbound.flatMap((one) => one.otherReads), ...Object.keys(config.where ?? {})]
  return [...new Set([...deal.reads, ...deal.rawReads(used), ...others])]
}

/** The fields of a deal that the flow itself needs, whatever the mappings use. */
const needed = [
  'id',
  'number',
  'name',
  'url',
  ...datingFields,
  'currency',
  'amount',
  'tax',
  'total',
  'discount',
  'customer.id',
  'customer.name',
  'lines.id',
  'lines.sku',
  'lines.name',
  'lines.quantity',
  'lines.unit',
  'lines.unitPrice',
  'lines.discountPercent',
  'lines.discountAmount',
  'lines.netAmount',
]
