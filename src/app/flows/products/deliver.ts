import type { Product } from '../../../core/documents.ts'
import type { Failure } from '../../../core/problem.ts'
import { type RecordRef, refText } from '../../../core/ref.ts'
import { mapInbound, mapOutbound, type TargetRecord } from '../../../mapping/run/run.ts'
import {
  afterWriting,
  type Difference,
  differenceOf,
  storedOf,
  type Written,
  writtenOf,
} from '../../../plan/difference.ts'
import { keyOf, lineKeyOf } from '../../../plan/key.ts'
import type { Link } from '../../../ports/ledger/links.ts'
import type { Bench, Plan } from '../../bench/bench.ts'
import { inParts } from '../../bench/in-parts.ts'
import { versionFor } from '../../bench/version.ts'
import { find } from '../../bring/find.ts'
import { intend } from '../../bring/intend.ts'
import type { Brought, Ready, Subject } from '../../bring/kind.ts'
import { make } from '../../bring/make.ts'
import type { ProductSync } from './sync.ts'

/** One product that is to be in the catalogue. */
interface Offered extends Subject {
  readonly active: boolean
  readonly record: TargetRecord
  readonly lines: Ready['lines']
}

/**
 * Delivers a batch of products: read, map, find in the catalogue by link, key or SKU, write what differs, make what is
 * missing. Stock is told with the moment it was read; that moment alone is no reason to write.
 */
export async function deliverProducts(sync: ProductSync, bench: Bench): Promise<void> {
  const offered = await readProducts(sync, bench)
  const found = await find(
    sync.products,
    offered.map((one) => ({ ...one, fields: one.record.fields })),
    bench,
  )
  const missing: Offered[] = []
  const present: { one: Offered; place: Brought & { ok: true } }[] = []
  for (const one of offered) {
    const place = found.get(refText(one.ref))
    if (place === undefined) missing.push(one)
    else if (!place.ok) bench.batch.fail(one.ref, place.failure)
    else present.push({ one, place })
  }
  await update(sync, present, bench)
  await create(sync, missing, bench)
}

async function readProducts(sync: ProductSync, bench: Bench): Promise<readonly Offered[]> {
  const { batch, source, deps } = bench
  const refs = batch.claims.map((claim) => claim.ref)
  const account = await source.account()
  const targetAccount = await bench.target.account()
  const records = await bench.read(
    'source',
    sync.product.object,
    refs.map((ref) => ref.id),
    sync.reads,
  )
  const readAt = deps.clock.now()
  const read = refs.map((ref, index) => ({ ref, record: records[index] ?? null }))
  const offered: Offered[] = []
  await inParts(read, async (part) => {
    const present = part.flatMap(({ ref, record }) => (record === null ? [] : [{ ref, record }]))
    for (const { ref, record } of part) if (record === null) batch.done(ref, 'left_out')
    const mapped = await mapInbound<Product>(
      sync.product,
      present.map(({ record }) => record),
      { ...account },
      deps.evaluator,
    )
    const products: { ref: RecordRef; product: Product; version: string | undefined }[] = []
    for (const [index, { ref, record }] of present.entries()) {
      const result = mapped[index]
      if (result === undefined) throw new Error('fewer products were mapped than read')
      if (!result.ok) batch.fail(ref, result.failures[0])
      else if (result.value.sku === null) batch.fail(ref, withoutSku)
      else products.push({ ref, product: withMoment(result.value, readAt), version: record.version })
    }
    const keyFor = (id: string) => keyOf({ system: source.system, account: account.id }, 'product', id)
    const links = await intend(
      sync.products,
      products.map(({ ref, product }) => ({ ref, key: keyFor(ref.id), label: labelOf(product) })),
      bench,
    )
    const results = await mapOutbound(
      sync.catalogue,
      products.map(({ product }, index) => ({
        document: product,
        op: links[index]?.state === 'linked' ? 'update' : 'create',
        account: { ...targetAccount },
        links: {},
      })),
      bench.lookups,
      deps.evaluator,
    )
    for (const [index, { ref, product, version }] of products.entries()) {
      const result = results[index]
      const link = links[index]
      if (result === undefined || link === undefined) throw new Error('fewer products were mapped than read')
      if (version !== undefined) batch.link({ id: link.id, source: { version: versionFor(sync, version) } })
      if (!result.ok) {
        batch.fail(ref, result.failures[0])
        continue
      }
      const key = keyFor(ref.id)
      const lines = linesOf(key, result.value)
      const { active } = product
      offered.push({
        ref,
        key,
        keyPrefix: keyFor(''),
        label: labelOf(product),
        link,
        active,
        record: result.value,
        lines,
      })
    }
  })
  return offered
}

const withoutSku: Failure = {
  problem: { kind: 'mapping_failed', rule: 'product', path: 'sku' },
  message: 'A product has no SKU, by which the catalogue would know it.',
  fix: 'Give it a SKU in the ERP, or leave such products out by `watch` in the product mapping.',
  field: 'sku',
}

const labelOf = ({ sku, name, id }: Product): string => (name === null ? (sku ?? id) : `${sku} ${name}`)

const withMoment = (product: Product, asOf: NonNullable<Product['stock']>['asOf']): Product =>
  product.stock === null ? product : { ...product, stock: { ...product.stock, asOf } }

const linesOf = (key: string, { lines }: TargetRecord): Ready['lines'] =>
  lines === null
    ? null
    : { field: lines.field, items: lines.items.map((item) => ({ key: lineKeyOf(key, item.key), fields: item.fields })) }

/** What was last written, nothing where it was found or made by somebody else. */
const before = (link: Link): Written => writtenOf(link.target.written) ?? { fields: {}, lines: {}, confirmed: false }

const wantedOf = ({ record, lines }: Offered) => ({ fields: record.fields, lines: lines?.items ?? [] })

const planOf = (one: Offered, id: string | null, action: Plan['action']): Plan => ({
  action,
  label: one.label,
  target: id === null ? null : { number: one.link.target.label, id },
  lineage: one.record.lineage,
  lines: one.lines?.items ?? [],
})

/** Fields that say nothing but when the stock was read. */
const isMoment = ({ catalogue }: ProductSync, field: string): boolean => {
  const paths = catalogue.fieldReads[field] ?? []
  return paths.length > 0 && paths.every((path) => path === 'stock.asOf')
}
/** Fields that change with every piece that comes or goes: a story of each would tell nobody anything. */
const isStock = ({ catalogue }: ProductSync, field: string): boolean =>
  (catalogue.fieldReads[field] ?? []).every((path) => path.startsWith('stock.'))

async function update(
  sync: ProductSync,
  present: readonly { readonly one: Offered; readonly place: Brought & { ok: true } }[],
  bench: Bench,
): Promise<void> {
  const { batch } = bench
  const due: { one: Offered; id: string; difference: Difference; written: Written }[] = []
  for (const { one, place } of present) {
    const { ref, link } = one
    if (place.how !== 'linked')
      batch.note(ref, 'adopted', `Product ${place.label} was in the catalogue already and is used`)
    const written =
      place.how === 'linked' ? before(link) : before({ ...link, target: { ...link.target, written: null } })
    const difference = differenceOf(written, wantedOf(one))
    const changed = difference === null ? [] : Object.keys(difference.fields)
    const lines = difference === null ? 0 : difference.upsert.length + difference.remove.length
    if (difference === null || (lines === 0 && changed.every((field) => isMoment(sync, field)))) {
      bench.plan(ref, planOf(one, place.id, 'nothing'))
      batch.done(ref, 'unchanged')
    } else due.push({ one, id: place.id, difference, written })
  }
  if (bench.mode !== 'live') {
    for (const { one, id } of due) {
      bench.plan(one.ref, planOf(one, id, 'update'))
      batch.done(one.ref, 'planned')
    }
    return
  }
  const outcomes = await bench.send(
    'target',
    due.map(({ one, id, difference }) => ({
      do: 'update',
      object: sync.catalogue.object,
      id,
      key: one.key,
      fields: difference.fields,
      lines:
        one.lines === null ? null : { field: one.lines.field, upsert: difference.upsert, remove: difference.remove },
    })),
  )
  for (const [index, { one, difference, written }] of due.entries()) {
    const outcome = outcomes[index]
    if (outcome?.ok === false) {
      batch.fail(one.ref, outcome.failure)
      continue
    }
    batch.link({
      id: one.link.id,
      source: { label: one.label },
      target: { written: storedOf(afterWriting(written, difference)) },
    })
    const told = Object.keys(difference.fields).filter((field) => !isStock(sync, field))
    const lines = difference.upsert.length + difference.remove.length
    if (told.length + lines > 0) {
      batch.note(one.ref, 'updated', 'The catalogue was brought up to the product', {
        fields: difference.fields,
        lines,
      })
    }
    batch.done(one.ref, 'updated')
  }
}

async function create(sync: ProductSync, missing: readonly Offered[], bench: Bench): Promise<void> {
  const { batch } = bench
  // What is no longer sold need not come into the catalogue first.
  for (const one of missing) if (!one.active) batch.done(one.ref, 'left_out')
  const wanted = missing.filter((one) => one.active)
  const brought = await make(
    sync.products,
    wanted.map((one) => ({ ...one, fields: one.record.fields })),
    bench,
  )
  for (const one of wanted) {
    const result = brought.get(refText(one.ref))
    if (result === undefined) throw new Error(`nothing was said of product ${one.label}`)
    if (!result.ok) batch.fail(one.ref, result.failure)
    else if (result.how === 'planned') {
      bench.plan(one.ref, planOf(one, null, 'create'))
      batch.done(one.ref, 'planned')
    } else {
      batch.note(one.ref, 'created', `Product ${one.label} was made in the catalogue`)
      batch.done(one.ref, 'created')
    }
  }
}
