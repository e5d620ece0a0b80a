import type { Evaluate } from '../run/frame.ts'
import type { Read } from './path.ts'
import type { Fields, Kind, Shape } from './shape.ts'
import { didYouMean } from './suggest.ts'
import type { Entry, MapNode, Report } from './yaml.ts'

/** What all rules of a file share. */
export interface RuleContext {
  readonly direction: 'inbound' | 'outbound'
  readonly report: Report
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Fields of an object of the mapping's own system, for lookups. */
  readonly fieldsOf: (object: string) => Fields | null
  /** A number for each expression of the file, to tell their answers apart. */
  readonly nextId: () => number
}

/** What a rule fills. */
export interface Target {
  /** As problems name it: `order_line.price_unit`. */
  readonly path: string
  readonly shape: Shape
}

export interface Rule {
  /** Gives a value of the target's kind. */
  readonly evaluate: Evaluate
  /** For people: `deal.poNumber, else deal.number`. */
  readonly text: string
  readonly reads: readonly Read[]
  /** Written only when the target is made, or only when it is there. */
  readonly on: 'create' | 'update' | null
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

/** Reports words that do not belong there. */
export function checkWords(node: MapNode, words: readonly string[], { report }: { report: Report }): boolean {
  const unknown = node.entries.filter((entry) => !words.includes(entry.key))
  for (const entry of unknown) {
    const fix = didYouMean(entry.key, words) ?? `Known: ${words.join(', ')}.`
    report(entry.keyAt, 'unknown_word', `"${entry.key}" is not known here.`, fix)
  }
  return unknown.length === 0
}

/** The text of a word that must have one. */
export function textOf(entry: Entry, { report }: { report: Report }): string | null {
  const value = entry.value.is === 'scalar' ? entry.value.value : null
  if (typeof value === 'string' && value !== '') return value
  report(entry.value.at, 'wrong_form', `"${entry.key}" needs a text.`)
  return null
}
