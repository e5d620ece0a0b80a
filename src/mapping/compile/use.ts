import { documentNames } from './ends.ts'
import type { Parts } from './parts.ts'
import type { PathScope, ResolvedPath } from './path.ts'
import { compileRule } from './rule.ts'
import type { RuleContext } from './rule-context.ts'
import { documentFields, type Field, type Fields } from './shape.ts'
import type { UsedFile } from './used-files.ts'
import type { Entry } from './yaml.ts'

export function fieldsInside(field: Field, path: string): Fields {
  const fields = field.shape.fields?.() ?? null
  if (fields === null) throw new Error(`the document schema says nothing of ${path}`)
  return fields
}

/** The file of `use`, when it is one that can fill the field. Null when not; reported, or wanted. */
export function openFile(entry: Entry, field: Field, path: string, context: RuleContext): UsedFile | null {
  const { open, report } = context
  if (open === null) {
    report(entry.keyAt, 'wrong_form', 'A file that is used by another one cannot use a third.')
    return null
  }
  const names = fieldsInside(field, path).names.join()
  const document = documentNames.find((one) => documentFields(one).names.join() === names)
  if (document === undefined) {
    report(entry.keyAt, 'wrong_form', `"use" fills what is a document of its own, and ${path} is none.`)
    return null
  }
  const file = open(entry, report)
  if (file === null || file.ends.document === document) return file
  const message = `${path} is a ${document}, but ${file.file} fills a ${file.ends.document}.`
  report(entry.value.at, 'type_mismatch', message)
  return null
}

/** Whether a path leads to a record of the object, as far as is known. */
export const leadsTo = ({ shape }: ResolvedPath, object: string): boolean =>
  shape.object === undefined ? shape.kind === 'any' || shape.kind === 'reference' : shape.object === object

/** The record's own id is the document's, unless the file says otherwise. */
export function withOwnId(parts: Parts, field: Field, path: string, scope: PathScope, context: RuleContext): Parts {
  const id = fieldsInside(field, path).get('id')
  if (id === undefined || parts.has('id')) return parts
  const at = { line: 1, column: 1 }
  const rule = compileRule(
    { is: 'scalar', at, value: 'id', source: 'id' },
    { path: `${path}.id`, shape: id.shape },
    scope,
    context,
  )
  if (rule === null) return parts
  return new Map([
    ['id', { is: 'value', field: id, path: `${path}.id`, evaluate: rule.evaluate, reads: rule.reads }],
    ...parts,
  ])
}

/** What a file fills, with single fields filled otherwise. */
export function overlay(below: Parts, above: Parts): Parts {
  const merged = new Map(below)
  for (const [name, part] of above) {
    const under = merged.get(name)
    const inside = under?.is === 'object' && part.is === 'object' && part.when === null
    merged.set(name, inside ? { ...under, parts: overlay(under.parts, part.parts) } : part)
  }
  return merged
}
