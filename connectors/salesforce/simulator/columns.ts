import type { FieldType as Column } from 'soql-parser-js'
import type { JsonObject } from '../../../src/core/json.ts'
import type { View } from './access.ts'
import { refusal } from './errors.ts'
import { type QueryContext, viewOf } from './paths.ts'
import { listNamed, pathsOf } from './query.ts'
import { type FieldType, isNumber, isText, type SimulatedField } from './schema.ts'
import { parseSoql } from './soql.ts'

/*
 * `columns=true`, which the command line asks for after each query: of which columns its records are, in place of them.
 * No page documents it. Source: the replies that the tests of Salesforce's command line keep (salesforcecli/plugin-data,
 * test/test-files/queryFields.exemplars.ts); names of Apex's types beyond `Id` and `String` are those of Apex itself.
 */

/** @throws Refusal for what no query may ask either */
export function columnsOf(context: QueryContext): JsonObject {
  const { sObject = '', sObjectAlias, limit, fields = [] } = parseSoql(context.text)
  const view = viewOf(context, sObject)
  const query = {
    ...(sObjectAlias === undefined ? {} : { sObjectAlias }),
    ...(limit === undefined ? {} : { limit }),
  }
  const columnMetadata = columnsIn(context, view, fields, query)
  return {
    columnMetadata,
    entityName: view.object.name,
    groupBy: false,
    idSelected: columnMetadata.some((column) => column.columnName === 'Id'),
    keyPrefix: view.object.prefix,
  }
}

interface Branch {
  readonly columns: JsonObject[]
  readonly joins: Map<string, Branch>
}
const newBranch = (): Branch => ({ columns: [], joins: new Map() })

function columnsIn(
  context: QueryContext,
  view: View,
  columns: readonly Column[],
  query: Parameters<typeof pathsOf>[3],
): readonly JsonObject[] {
  const root = newBranch()
  for (const column of columns) {
    if (column.type === 'FieldSubquery') {
      const { subquery } = column
      const list = listNamed(context, view, subquery)
      const joined = columnsIn(context, viewOf(context, list.object), subquery.fields ?? [], subquery)
      root.columns.push(joinOf(list.name, null, true, joined))
      continue
    }
    // A field that is shown in another form is a column of its own name, of which no reply was seen.
    if (column.type === 'FieldFunctionExpression' && column.functionName.toUpperCase() !== 'FIELDS') {
      throw refusal(501, 'NOT_SIMULATED', `columns of a query with ${column.functionName}() are not simulated`)
    }
    for (const { path } of pathsOf(context, view, column, query)) {
      let branch = root
      path.names.slice(0, -1).forEach((relationship, depth) => {
        const known = branch.joins.get(relationship)
        const next = known ?? newBranch()
        if (known === undefined) {
          const lookup = path.views[depth]?.fields().find((field) => field.relationship === relationship)?.name ?? null
          branch.joins.set(relationship, next)
          branch.columns.push(joinOf(relationship, lookup, false, next.columns))
        }
        branch = next
      })
      branch.columns.push(columnOf(path.views.at(-1) ?? view, path.field))
    }
  }
  return root.columns
}

function columnOf(view: View, field: SimulatedField): JsonObject {
  const edits = view.mayEdit(field)
  return {
    aggregate: false,
    apexType: apexTypeOf(field.type),
    booleanType: field.type === 'boolean',
    columnName: field.name,
    custom: field.custom,
    displayName: field.name,
    foreignKeyName: null,
    insertable: field.createable && edits,
    joinColumns: [],
    numberType: isNumber(field.type),
    textType: isText(field.type),
    updatable: field.updateable && edits,
  }
}

/** A lookup, or a list of other records, with what is asked of these. */
function joinOf(name: string, key: string | null, list: boolean, columns: readonly JsonObject[]): JsonObject {
  return {
    aggregate: list,
    apexType: null,
    booleanType: false,
    columnName: name,
    custom: name.endsWith('__r'),
    displayName: name,
    foreignKeyName: key,
    insertable: false,
    joinColumns: columns,
    numberType: false,
    textType: false,
    updatable: false,
  }
}

function apexTypeOf(type: FieldType): string {
  if (isText(type)) return 'String'
  switch (type) {
    case 'id':
    case 'reference':
      return 'Id'
    case 'boolean':
      return 'Boolean'
    case 'int':
      return 'Integer'
    case 'date':
      return 'Date'
    case 'datetime':
      return 'Datetime'
    case 'address':
      return 'Address'
    default:
      return 'Decimal'
  }
}
