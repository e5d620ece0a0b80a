import { parseDecimal } from '../../src/core/decimal.ts'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { parseInstant } from '../../src/core/time.ts'
import { type Tree, treeOf } from '../kit/tree.ts'
import { type wonFields, wonValues } from '../kit/wins.ts'
import type { Row } from './client.ts'
import { contactRoles, derivedFields, isContactField } from './derived.ts'
import { type Definition, type Definitions, kindOf, namedRecord } from './schema.ts'
import { histories, historyFields, isWonField, type Stages, winColumns, winOf } from './won.ts'

type Fields = Record<string, Json>

/** How the records of an object are read in one query, and how they become what mappings see. */
export interface Plan {
  readonly object: string
  /** What is selected, dots included; the id always. */
  readonly columns: readonly string[]
  /** Lists that come along as subqueries, by their names. */
  readonly lists: ReadonlyMap<string, Plan>
  /** Lists of records further in. Salesforce gives lists only of the records that a query is about. */
  readonly later: readonly Later[]
  build(row: Row): Fields
}
export interface Later {
  /** Names from the record to those whose lists are meant. */
  readonly steps: readonly string[]
  readonly object: string
  readonly tree: Tree
}
/** What one name of a record takes to read. */
interface Part {
  readonly columns: readonly string[]
  readonly list?: readonly [string, Plan]
  readonly later?: readonly Later[]
  value(row: Row): Json
}

export function openPlans(definitions: Definitions, stages: () => Promise<Stages>, url: string) {
  async function planOf(object: string, tree: Tree): Promise<Plan> {
    const definition = await definitions.of(object)
    const names = [...tree].filter(([name]) => name !== 'id')
    const parts = await Promise.all(
      names.map(async ([name, inner]) => [name, await partOf(definition, name, inner)] as const),
    )
    const columns = new Set(['Id'])
    const lists = new Map<string, Plan>()
    for (const [, { columns: more, list }] of parts) {
      for (const column of more) columns.add(column)
      if (list !== undefined) lists.set(list[0], joined(lists.get(list[0]), list[1]))
    }
    return {
      object,
      columns: [...columns],
      lists,
      later: parts.flatMap(([, part]) => part.later ?? []),
      build: (row) => ({
        id: idOf(row),
        ...Object.fromEntries(parts.map(([name, part]) => [name, part.value(row)])),
      }),
    }
  }

  function partOf(definition: Definition, name: string, inner: Tree): Promise<Part> | Part {
    const { object, references, lists, fields } = definition
    if (name === 'url') return { columns: [], value: (row) => `${url}/${idOf(row)}` }
    if (derivedFields[object]?.[name] !== undefined) return derivedPart(definition, name)
    if (isContactField(object, name)) return contactPart(name, inner)
    if (isWonField(object, name)) return wonPart(definition, name)
    const reference = references.get(name)
    if (reference !== undefined) {
      return reference.object === null ? namedPart(object, name, inner) : referencePart(name, reference.object, inner)
    }
    const list = lists.get(name)
    if (list !== undefined) return listPart(name, list, inner)
    if (!fields.has(name)) throw unknownField(object, name)
    return { columns: [name], value: (row) => shownValue(definition, row, name) }
  }

  function derivedPart(definition: Definition, name: string): Part {
    const derived = derivedFields[definition.object]?.[name]
    const has = (field: string) => definition.fields.has(field)
    return {
      columns: (derived?.needs ?? []).filter(has),
      value: (row) => derived?.of((field) => shownValue(definition, row, field), has) ?? null,
    }
  }

  /** Plans records that another one leads to; lists of theirs are read later. */
  async function nested(name: string, object: string, tree: Tree): Promise<{ plan: Plan; later: readonly Later[] }> {
    const { lists } = await definitions.of(object)
    const deep = new Map([...tree].filter(([one]) => lists.has(one)))
    const plan = await planOf(object, new Map([...tree].filter(([one]) => !lists.has(one))))
    const further = plan.later.map((one) => ({ ...one, steps: [name, ...one.steps] }))
    return { plan, later: deep.size === 0 ? further : [{ steps: [name], object, tree: deep }, ...further] }
  }

  async function referencePart(name: string, object: string, inner: Tree): Promise<Part> {
    const { plan, later } = await nested(name, object, inner)
    return {
      columns: prefixed(name, plan),
      later,
      value(row) {
        const value = row[name]
        return isObject(value) ? plan.build(value) : null
      },
    }
  }

  async function listPart(name: string, object: string, inner: Tree): Promise<Part> {
    const { plan, later } = await nested(name, object, inner)
    return { columns: [], list: [name, plan], later, value: (row) => listIn(row, name).map(plan.build) }
  }

  async function contactPart(name: 'contact' | 'person', inner: Tree): Promise<Part> {
    const { plan, later } = await nested(name, 'Contact', inner)
    const roles = await planOf('OpportunityContactRole', treeOf(['IsPrimary']))
    return {
      columns: name === 'person' ? ['AccountId'] : [],
      list: [contactRoles, { ...roles, columns: [...roles.columns, ...prefixed('Contact', plan)] }],
      later,
      value(row) {
        const contact = name === 'person' && typeof row.AccountId === 'string' ? null : contactOf(row)
        return contact === null ? null : plan.build(contact)
      },
    }
  }

  /** Nothing, where the user may not read the history. */
  async function wonPart({ lists }: Definition, name: keyof typeof wonFields): Promise<Part> {
    const object = lists.get(histories)
    if (object === undefined) return { columns: [], value: () => wonValues(null)[name] }
    const [plan, known] = await Promise.all([planOf(object, treeOf(historyFields)), stages()])
    return {
      columns: winColumns,
      list: [histories, plan],
      value(row) {
        return wonValues(winOf(row, listIn(row, histories), known))[name]
      },
    }
  }

  return planOf
}

/** A record that may be of several objects, of which only what they have in common can be asked for. */
function namedPart(object: string, name: string, inner: Tree): Part {
  const wanted = [...inner.keys()].filter((one) => one !== 'id')
  const strange = wanted.find((one) => !Object.hasOwn(namedRecord, one))
  if (strange !== undefined) throw unknownField(object, `${name}.${strange}`)
  return {
    columns: [...new Set(['Id', ...wanted])].map((one) => `${name}.${one}`),
    value(row) {
      const value = row[name]
      if (!isObject(value)) return null
      return { id: idOf(value), ...Object.fromEntries(wanted.map((one) => [one, value[one] ?? null])) }
    },
  }
}

const prefixed = (name: string, plan: Plan): readonly string[] => plan.columns.map((column) => `${name}.${column}`)

/** One subquery for all that is wanted of a list. */
const joined = (known: Plan | undefined, plan: Plan): Plan =>
  known === undefined ? plan : { ...plan, columns: [...new Set([...known.columns, ...plan.columns])] }

/** The query but for its condition. Lists are in the order in which their records were made. */
export function selectOf(plan: Plan): string {
  const lists = [...plan.lists].map(
    ([name, { columns }]) => `(SELECT ${columns.join(', ')} FROM ${name} ORDER BY Id ASC)`,
  )
  return `SELECT ${[...plan.columns, ...lists].join(', ')} FROM ${plan.object}`
}

export const idOf = (row: Row): string => (typeof row.Id === 'string' ? row.Id : '')

/** The rows of a list that came along; Salesforce gives null for an empty one. */
function listIn(row: Row, name: string): readonly Row[] {
  const list = row[name]
  return isObject(list) && Array.isArray(list.records) ? list.records.filter(isObject) : []
}

/** The contact of the primary role, else of the oldest. */
function contactOf(row: Row): JsonObject | null {
  const roles = listIn(row, contactRoles).filter((role) => isObject(role.Contact))
  const chosen = roles.find((role) => role.IsPrimary === true) ?? roles[0]
  return isObject(chosen?.Contact) ? chosen.Contact : null
}

/** A value as mappings see it: numbers as decimals, moments in UTC. */
function shownValue(definition: Definition, row: Row, name: string): Json {
  const value = row[name] ?? null
  const field = definition.fields.get(name)
  if (field === undefined || value === null) return null
  switch (kindOf(field)) {
    case 'number':
      return parseDecimal(value)
    case 'instant':
      return parseInstant(value)
    case 'object':
      return isObject(value) ? withDecimals(value) : null
    default:
      return typeof value === 'number' ? parseDecimal(value) : value
  }
}

const withDecimals = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, typeof one === 'number' ? parseDecimal(one) : one]),
  )

const unknownField = (object: string, name: string) =>
  new SyncError(`Salesforce has no field "${name}" on ${object}, or the user may not see it`, {
    problem: { kind: 'configuration_invalid', path: `${object}.${name}` },
    fix: `Correct the mapping that reads ${object}.${name}, or let the user see the field (field-level security).`,
  })
