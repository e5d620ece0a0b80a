import type { Evaluate } from '../run/frame.ts'
import type { Read } from './path.ts'
import type { Fields, Kind, Shape } from './shape.ts'
import type { UsedFiles } from './used-files.ts'
import type { Report } from './yaml.ts'

/** What all rules of a file share. */
export interface RuleContext {
  readonly direction: 'inbound' | 'outbound'
  readonly report: Report
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Fields of an object of the mapping's own system, for lookups. */
  readonly fieldsOf: (object: string) => Fields | null
  /** What `link` may name: the records that the flow has found or made before it maps. */
  readonly links: readonly string[]
  /** Whether the flow goes both ways, so that `owner` means something. */
  readonly owners: boolean
  /** Opens the file that `use` names; null in a file that is used itself. */
  readonly open: UsedFiles['open'] | null
  /** A number for each expression of the file, to tell their answers apart. */
  readonly nextId: () => number
}

/** What a rule fills. */
export interface Target {
  /** As problems name it: `order_line.price_unit`. */
  readonly path: string
  readonly shape: Shape
}

/** Whose change of a field counts: one side's, or the later one. */
export type Owner = 'crm' | 'erp' | 'latest'

export interface Rule {
  /** Gives a value of the target's kind. */
  readonly evaluate: Evaluate
  /** For people: `deal.poNumber, else deal.number`. */
  readonly text: string
  readonly reads: readonly Read[]
  /** What it links to, where it does: `customer`. */
  readonly links?: string
  /** Written only when the target is made, or only when it is there. */
  readonly on: 'create' | 'update' | null
  /** Whose change counts, in a flow that goes both ways. */
  readonly owner: Owner | null
  /** The path, when the rule is that alone. */
  readonly path: string | null
  /** Gives the id of another record. */
  readonly refers: boolean
}

/** A rule before its value is fitted to the target. */
export interface Draft extends Omit<Rule, 'refers'> {
  readonly kind: Kind
  readonly table: Readonly<Record<string, string>> | null
}
