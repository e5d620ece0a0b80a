import type { Condition, ConditionValue } from '../../src/core/condition.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { DescribedField } from './client.ts'
import { isOurs } from './derived.ts'
import type { Definitions } from './schema.ts'
import { bytesOf, literal, quote, statementBytesMax } from './soql.ts'

/** Records whose changes are looked for, and those that a change is reported for. */
export interface Table {
  readonly object: string
  /** The field with the id that is handed out: that of the record, or of the opportunity it belongs to. */
  readonly owner: 'Id' | 'OpportunityId'
  /** Of what is handed out; all of it where there is no condition. */
  readonly where: readonly Condition[]
}
export const linesOf = (where: Table['where']): Table => ({
  object: 'OpportunityLineItem',
  owner: 'OpportunityId',
  where,
})

/** The object that the conditions of a table are about. */
export const ownerOf = ({ object, owner }: Table): string => (owner === 'OpportunityId' ? 'Opportunity' : object)

/**
 * The query for changes but for its order.
 * @param since  a condition on the time of change
 * @param condition  which records count; null for all
 */
export function changesQuery({ object, owner }: Table, since: string, condition: string | null): string {
  const columns = [...new Set(['Id', 'SystemModstamp', owner])].join(', ')
  return `SELECT ${columns} FROM ${object} WHERE ${condition === null ? since : `${condition} AND ${since}`}`
}

/**
 * The conditions in SOQL as the mapping has them: each value is of the field's type by its own type, and each field is
 * there. Costs no call; Salesforce refuses the query where it is otherwise.
 * @throws SyncError `configuration_invalid` for a path that Salesforce cannot be asked for
 */
export function assumedCondition(table: Table): string | null {
  return either(
    table,
    table.where.map((condition) =>
      all(Object.entries(condition).map(([path, wanted]) => test(columnOf(table, path), wanted, assumedLiteral))),
    ),
  )
}

/**
 * The conditions in SOQL by the types that the fields have in this org. A condition on a field that is not there (yet),
 * or with a value that the field cannot have, holds for no record and is left out. A field that cannot be asked for is left
 * out of its condition: more records are told then, and never fewer.
 * @returns the condition, and the fields that are not there
 * @throws SyncError `configuration_invalid` when no condition is left, or for a path as above
 */
export async function describedCondition(
  table: Table,
  definitions: Definitions,
): Promise<{ readonly condition: string | null; readonly missing: readonly string[] }> {
  const missing = new Set<string>()
  const alternatives: string[] = []
  for (const condition of table.where) {
    const tests = await Promise.all(
      Object.entries(condition).map(async ([path, wanted]) => {
        const column = columnOf(table, path)
        const field = await fieldAt(definitions, ownerOf(table), path)
        if (field === null) missing.add(path)
        if (field === null) return null
        return field.filterable ? test(column, wanted, (value) => literal(field.type, value)) : ''
      }),
    )
    if (tests.every((one) => one !== null)) alternatives.push(all(tests.filter((one) => one !== '')))
  }
  if (table.where.length === 0 || alternatives.length > 0)
    return { condition: either(table, alternatives), missing: [...missing] }
  throw new SyncError(
    `None of the conditions in \`watch\` and \`where\` can hold for a Salesforce ${ownerOf(table)}${missing.size === 0 ? '' : `: it has no ${[...missing].join(', ')}, or the user may not see it`}`,
    {
      problem: { kind: 'configuration_invalid', path: [...missing][0] ?? ownerOf(table) },
      fix: 'Correct the conditions, or let the user see the fields (field-level security).',
    },
  )
}

/** What a field is asked for by, or null where it can be asked by nothing. */
async function fieldAt(
  definitions: Definitions,
  object: string,
  path: string,
): Promise<Pick<DescribedField, 'type' | 'filterable'> | null> {
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  let at = object
  for (const [place, step] of steps.entries()) {
    const reference = (await definitions.of(at)).references.get(step)
    if (reference === undefined) return null
    // A record that may be of several objects is known by its name and type alone.
    if (reference.object === null) return place === steps.length - 1 ? { type: 'string', filterable: true } : null
    at = reference.object
  }
  return (await definitions.of(at)).fields.get(last) ?? null
}

const pathShape = /^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/

function columnOf(table: Table, path: string): string {
  if (path === 'id') return table.owner
  const ours = path.split('.').find(isOurs)
  if (pathShape.test(path) && ours === undefined) return table.owner === 'OpportunityId' ? `Opportunity.${path}` : path
  throw new SyncError(
    ours === undefined
      ? `"${path}" is no path to a Salesforce field`
      : `Salesforce cannot be asked for "${path}" of ${ownerOf(table)}: "${ours}" is a name of Crosswalk's own`,
    {
      problem: { kind: 'configuration_invalid', path },
      fix: 'Name fields of Salesforce in `watch` and `where`, such as IsWon, StageName, RecordType.DeveloperName.',
    },
  )
}

type Literal = (value: string | number | boolean) => string | null

const assumedLiteral: Literal = (value) =>
  typeof value === 'string' ? quote(value) : literal(typeof value === 'boolean' ? 'boolean' : 'double', value)

/** Null when no record can pass. */
function test(column: string, wanted: ConditionValue, written: Literal): string | null {
  if (typeof wanted === 'object' && 'present' in wanted) return `${column} != null`
  const values = Array.isArray(wanted) ? wanted : [wanted]
  const [first, ...more] = values.map(written).filter((one) => one !== null)
  if (first === undefined) return null
  return more.length === 0 ? `${column} = ${first}` : `${column} IN (${[first, ...more].join(', ')})`
}

/** Empty when every record passes. */
const all = (tests: readonly (string | null)[]): string => tests.join(' AND ')

/** @throws SyncError `configuration_invalid` when it is longer than a query may be */
function either(table: Table, alternatives: readonly string[]): string | null {
  if (alternatives.length === 0 || alternatives.includes('')) return null
  const condition = `(${alternatives.map((one) => (one.includes(' AND ') ? `(${one})` : one)).join(' OR ')})`
  if (bytesOf(condition) <= statementBytesMax - restBytes) return condition
  throw new SyncError(`The conditions on ${ownerOf(table)} are longer than one query to Salesforce can be`, {
    problem: { kind: 'configuration_invalid', path: ownerOf(table) },
    fix: 'Name fewer values in `watch` and `where`; a field of your own that says which records count takes one.',
  })
}

/** What a query for changes has besides its conditions. */
const restBytes = 1000
