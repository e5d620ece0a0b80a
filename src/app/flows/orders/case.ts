import type { Deal } from '../../../core/documents.ts'
import type { JsonObject } from '../../../core/json.ts'
import { netTotal } from '../../../core/money.ts'
import type { RecordRef } from '../../../core/ref.ts'
import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Lineage, TargetRecord } from '../../../mapping/run/run.ts'
import type { Written } from '../../../plan/difference.ts'
import type { LineFields } from '../../../plan/drift.ts'
import { lineKeyOf } from '../../../plan/key.ts'
import type { WantedOrder } from '../../../plan/plan.ts'
import type { Agreed } from '../../../plan/quantities.ts'
import { saidBy } from '../../../plan/source.ts'
import type { Link } from '../../../ports/ledger/links.ts'
import type { PlannedTotals } from '../../bench/bench.ts'
import type { Placed } from '../order-now.ts'

/** A deal that is to have an order. */
export interface Won {
  readonly is: 'won'
  readonly ref: RecordRef
  readonly deal: Deal
  readonly label: string
  readonly key: string
  readonly link: Link
}
/** Whether the deal's order is known by its link. */
export const hasOrder = ({ link }: Won): boolean => link.state === 'linked' && link.target.id !== null

/** Not won, or gone, but an order may have been created for it: it is looked for first. */
export interface Sought {
  readonly is: 'sought'
  readonly ref: RecordRef
  readonly link: Link
}
/** Not won any more, or gone, with an order. */
export interface Lost extends Placed {
  readonly is: 'lost'
  readonly ref: RecordRef
}
export type Case = Won | Sought | Lost

/** A deal with its order, as it was last written; null where that is not known. */
export interface Existing extends Placed {
  readonly ref: RecordRef
  readonly deal: Deal
  readonly label: string
  readonly key: string
  readonly written: Written | null
  readonly agreed: readonly Agreed[]
  /** Whether this batch has created or changed it. */
  readonly touched: 'created' | 'updated' | null
}

export const labelOf = (deal: Pick<Deal, 'name' | 'number'>): string =>
  deal.name === null ? deal.number : `${deal.name} (${deal.number})`

/** A mapped order, with the rule behind each value. */
export interface Wanted extends WantedOrder {
  readonly lineage: readonly Lineage[]
  readonly agreed: readonly Agreed[]
}

/** What the target says of the fields of an order's lines. */
export interface LineWords {
  /** See `ObjectWrites.lineUnit`. */
  readonly unit: string | undefined
  readonly fields: LineFields
}

/**
 * How much the deal says of each article that is to be in the order. A unit that the mapping leaves out stays the CRM's
 * word, so that it is not taken for the ERP's own unit.
 * @param unitField  of the order's lines, see `ObjectWrites.lineUnit`
 */
function agreedOf({ lines }: Deal, record: TargetRecord, unitField: string | undefined): readonly Agreed[] {
  const items = new Map((record.lines?.items ?? []).map(({ key, fields }) => [key, fields]))
  return lines.flatMap(({ id, sku, quantity, unit }): Agreed[] => {
    const fields = items.get(id)
    if (sku === null || fields === undefined) return []
    const mapped = unitField === undefined ? undefined : fields[unitField]
    return [{ sku, quantity, unit: typeof mapped === 'string' ? mapped : unit }]
  })
}

/** Totals as the deal has them, for a person to compare. */
export const totalsOf = ({ amount, tax, total, currency, ...deal }: Deal): PlannedTotals['source'] => ({
  net: amount ?? netTotal({ ...deal, amount, tax, total, currency }),
  tax,
  total,
  currency,
})

export const wantedJson = (wanted: Wanted): JsonObject => ({
  fields: wanted.lineage
    .filter((one) => Object.hasOwn(wanted.fields, one.field))
    .map(({ field, value, rule, source, note }) => ({ field, value, rule, source, note })),
  lines: wanted.lines.map((line) => line.fields),
})

export function wantedOf(
  { deal, key: orderKey }: Won,
  record: TargetRecord,
  { references, addresses }: Pick<WantedOrder, 'references' | 'addresses'>,
  { fieldSources: paths, linesField }: CompiledMapping,
  { unit, fields }: LineWords,
): Wanted {
  const keyOf = (lineId: string) => lineKeyOf(orderKey, lineId)
  return {
    fields: record.fields,
    lines: (record.lines?.items ?? []).map((item) => ({ key: keyOf(item.key), fields: item.fields })),
    ...{ references, addresses },
    lineage: record.lineage,
    agreed: agreedOf(deal, record, unit),
    source: { paths, said: saidBy(deal, paths, linesField, keyOf) },
    words: {
      linesField,
      quantity: fields.quantity ?? null,
      lines: Object.fromEntries(deal.lines.map(({ id, name, sku }) => [keyOf(id), name ?? sku ?? id])),
    },
  }
}

export function writtenNow(wanted: WantedOrder | undefined, confirmed = false): Written {
  return {
    fields: wanted?.fields ?? {},
    lines: Object.fromEntries((wanted?.lines ?? []).map((line) => [line.key, line.fields])),
    confirmed,
    ...(wanted?.source == null ? {} : { said: wanted.source.said }),
  }
}
