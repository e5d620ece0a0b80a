import { type DocumentName, documentSchemas } from '../../core/documents.ts'
import { didYouMean, listed } from './suggest.ts'
import { textOf } from './words.ts'
import { type Entry, entryOf, type MapNode, type Report } from './yaml.ts'

export const documentNames = Object.keys(documentSchemas) as DocumentName[]
const isDocument = (name: string): name is DocumentName => Object.hasOwn(documentSchemas, name)

/** What a mapping leads from and to; one of both is a document. */
export interface Ends {
  readonly direction: 'inbound' | 'outbound'
  readonly document: DocumentName
  readonly object: string
  readonly at: Entry
}

/** Which of `from` and `to` is the document. */
export function endsOf(root: MapNode, report: Report): Ends | null {
  const from = entryOf(root, 'from')
  const to = entryOf(root, 'to')
  for (const word of ['from', 'to']) {
    if (entryOf(root, word) === undefined) report(root.at, 'missing_word', `A mapping needs "${word}".`)
  }
  if (entryOf(root, 'fields') === undefined) report(root.at, 'missing_word', 'A mapping needs "fields".')
  if (from === undefined || to === undefined) return null
  const source = textOf(from, { report })
  const target = textOf(to, { report })
  if (source === null || target === null) return null
  if (isDocument(target) && !isDocument(source)) {
    return { direction: 'inbound', document: target, object: source, at: to }
  }
  if (isDocument(source) && !isDocument(target)) {
    return { direction: 'outbound', document: source, object: target, at: from }
  }
  const both = isDocument(source)
  report(
    to.value.at,
    'unknown_document',
    both
      ? 'Both "from" and "to" are documents; one must be an object of the system.'
      : `Neither "${source}" nor "${target}" is a document.`,
    both
      ? undefined
      : (didYouMean(target, documentNames) ??
          didYouMean(source, documentNames) ??
          `Documents are ${listed(documentNames)}.`),
  )
  return null
}
