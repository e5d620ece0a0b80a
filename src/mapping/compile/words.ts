import { didYouMean } from './suggest.ts'
import type { Entry, MapNode, Report } from './yaml.ts'

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
