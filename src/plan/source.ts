import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { isSame, type Values, type Written } from './difference.ts'

/** What an order is made of. */
export interface Source {
  /** What the source says now, by path; what a line's own paths give, by line. */
  readonly said: Values
  /** By field of the target, the paths that its rule reads. See `CompiledMapping.fieldSources`. */
  readonly paths: Readonly<Record<string, readonly string[]>>
}

const inLine = 'lines.'

/**
 * Whether the source changed behind a field; if not, the mapping did, or the target's own records. What was not kept may
 * have changed.
 * @param field  as the mapping has it: `order_line.price_unit` in a line @param line  key of the line, null outside of lines
 */
export function didSourceChange(before: Written, source: Source | null, field: string, line: string | null): boolean {
  if (before.said === undefined || source === null) return true
  const { said } = before
  return (source.paths[field] ?? []).some((path) => {
    const of = ({ fields, lines }: Values) => (line !== null && path.startsWith(inLine) ? lines[line] : fields)
    const then = of(said)
    // A path that was not read then: the rule is another one.
    return (
      then !== undefined && Object.hasOwn(then, path) && !isSame(then[path] ?? null, of(source.said)?.[path] ?? null)
    )
  })
}

/**
 * What a document says at the paths that fields read.
 * @param keyOf  key of the order's line that is made of a line of the document, by its id
 */
export function saidBy(
  document: JsonObject & { readonly lines: readonly JsonObject[] },
  paths: Source['paths'],
  linesField: string | null,
  keyOf: (lineId: string) => string,
): Values {
  const ofLines = new Set<string>()
  const others = new Set<string>()
  for (const [field, read] of Object.entries(paths)) {
    const isOfLine = linesField !== null && field.startsWith(`${linesField}.`)
    for (const path of read) (isOfLine && path.startsWith(inLine) ? ofLines : others).add(path)
  }
  const valuesOf = (from: JsonObject, names: ReadonlySet<string>, valueAt: (from: JsonObject, path: string) => Json) =>
    Object.fromEntries([...names].map((path) => [path, valueAt(from, path)]))
  return {
    fields: valuesOf(document, others, valueIn),
    lines: Object.fromEntries(
      document.lines.map((line) => [
        keyOf(String(line.id)),
        valuesOf(line, ofLines, (from, path) => at(from, path.slice(inLine.length).split('.'))),
      ]),
    ),
  }
}

function valueIn(document: JsonObject, path: string): Json {
  const [root, ...steps] = path.split('.')
  if (root === 'crm') return at(document.raw ?? null, steps)
  if (root !== 'link') return at(document, [root ?? '', ...steps])
  const linked = at(document, steps)
  return isObject(linked) && linked.id !== undefined ? linked.id : linked
}

/** Of a list, the values of all entries; whole records without what the system's own record holds besides. */
function at(value: Json, steps: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((one: Json) => at(one, steps))
  const [first, ...others] = steps
  if (!isObject(value)) return first === undefined ? value : null
  if (first !== undefined) return at(value[first] ?? null, others)
  const { raw: _, ...own } = value
  return Object.fromEntries(Object.entries(own).map(([name, inner]) => [name, at(inner, [])]))
}
