import type { Deal } from '../../../core/documents.ts'
import type { Json, JsonObject } from '../../../core/json.ts'
import type { Failure } from '../../../core/problem.ts'
import type { Lineage, TargetRecord } from '../../../mapping/run/run.ts'
import type { Written } from '../../../plan/difference.ts'
import { lineKeyOf } from '../../../plan/key.ts'
import type { WantedOrder } from '../../../plan/plan.ts'
import type { Link } from '../../../ports/ledger/links.ts'

/** One deal on its way to its order. */
export interface Case {
  readonly id: string
  readonly deal: Deal
  readonly label: string
  readonly key: string
  link: Link | null
}
/** A case whose order exists in the target. */
export interface Existing extends Case {
  readonly link: Link & { targetId: string }
  readonly written: Written | null
}

/** Whether the case's order is known by its link. */
export const isLinked = (one: Case): one is Existing => one.link?.targetId != null && one.link.state === 'linked'

export const labelOf = (deal: Pick<Deal, 'name' | 'number'>): string =>
  deal.name === null ? deal.number : `${deal.name} (${deal.number})`

/** A mapped order, with the rule behind each of its own values for the timeline. */
export interface Wanted extends WantedOrder {
  readonly lineage: readonly Lineage[]
}

export const wantedJson = (wanted: Wanted | undefined): Json =>
  wanted === undefined
    ? null
    : {
        fields: wanted.lineage.map(({ field, value, rule, source, note }) => ({ field, value, rule, source, note })),
        lines: wanted.lines.map((line) => line.fields),
      }

export function wantedOf(record: TargetRecord, orderKey: string, references: readonly string[]): Wanted {
  return {
    fields: record.fields,
    lines: (record.lines?.items ?? []).map((item) => ({ key: lineKeyOf(orderKey, item.key), fields: item.fields })),
    references,
    lineage: record.lineage.filter((one) => Object.hasOwn(record.fields, one.field)),
  }
}

export function writtenNow(wanted: WantedOrder | undefined, confirmed = false): Written {
  return {
    fields: wanted?.fields ?? {},
    lines: Object.fromEntries((wanted?.lines ?? []).map((line) => [line.key, line.fields as JsonObject])),
    confirmed,
  }
}

/** What writing asks before it writes. */
export type Writing = { guard: (wanted: number) => Promise<Failure | null>; stillMine: () => void }
