import type { DocumentName } from '../../core/documents.ts'
import type { Json } from '../../core/json.ts'
import { nounOf } from '../run/value.ts'
import { transforms } from '../transforms/catalogue.ts'
import type { Example, Transform } from '../transforms/transform.ts'
import { findingKinds } from './finding.ts'
import { documentFields, type Fields } from './shape.ts'

const documents: readonly DocumentName[] = ['deal', 'customer', 'product', 'fulfilment']
const generated = '<!-- Written by `node src/main/reference.ts`; do not edit. -->'

/** The text of docs/reference/mapping.md. */
export function mappingPage(): string {
  return joined([
    '# Mappings',
    generated,
    format,
    '## Documents',
    'Every field is there in every document; one that the source does not know is empty.',
    ...documents.flatMap((name) => [`### ${name}`, documentTable(documentFields(name))]),
    '## What `lint` finds',
    table(
      ['kind', 'meaning'],
      Object.entries(findingKinds).map(([kind, meaning]) => [`\`${kind}\``, meaning]),
    ),
  ])
}

/** The text of docs/reference/transforms.md. */
export function transformsPage(): string {
  return joined([
    '# Transforms',
    generated,
    'Under `with:`, in the order they are applied: `with: [trim, { truncate: { length: 64 } }]`. An empty value passes by ' +
      'untouched unless the transform says otherwise. What a transform cannot take is a problem of the record, never ' +
      'a guess.',
    table(
      ['transform', 'from', 'to', 'meaning'],
      transforms.map((one) => [
        `[\`${one.name}\`](#${one.name})`,
        nounOf(one.input),
        nounOf(one.output),
        one.summary.split('. ')[0]?.replace(/\.$/, '') ?? '',
      ]),
    ),
    ...transforms.flatMap(transformSection),
  ])
}

const format = `A mapping says how the records of a system become a document, or how a document becomes a record of a system. It is
one YAML file, \`mappings/<system>/<document>.yaml\`, checked as a whole by \`crosswalk lint\`; its tests stand beside it in
\`<document>.test.yaml\` and are run by \`crosswalk test\`.

| word | meaning |
| --- | --- |
| \`from\` | what is read: an object of the system, or a document |
| \`to\` | what is filled: a document (the mapping is **inbound**), or an object of the system (**outbound**) |
| \`fields\` | names of the target with their rules |
| \`lines\` | lists of the target, see below |
| \`match\` | outbound: how a record that is there already is recognised, best way first: \`match: [{ same: [vat], identity: true }, email]\`. An identity names one thing; the others say only that two are alike |
| \`problem\` | outbound: the field of the target that shows what keeps its record from getting across |

## Paths

A path is names with dots between: \`properties.dealname\`, \`deal.customer.name\`. A path through something empty is empty. One
entry of a list is \`contacts.0.email\`; a whole list is walked by \`each\`.

| mapping | a path starts with |
| --- | --- |
| inbound | a field of the record; \`account\`; inside \`each\` the name given by \`as\` |
| outbound | the document's name; \`customer\` (the customer of a deal); \`account\`; inside \`lines\` \`line\`; \`crm\` or \`erp\`, the other system's own record, for custom fields. A line's own record is \`line.raw\` |

\`account\` has \`id\`, \`name\`, \`timeZone\`, \`currency\`, \`apiVersion\`.

## Rules

| rule | gives |
| --- | --- |
| \`name: path\` | what is there |
| \`{ from: path, else: rule, with: [transforms], map: table, default: literal }\` | what is there; if empty, what \`else\` gives; then the [transforms](transforms.md) one after the other; then the entry of \`config/tables/<table>.yaml\`, looked up without regard to letter case; \`default\` when all of it is empty |
| \`{ value: literal }\` | always the same |
| \`{ expr: "JSONata" }\` | what the expression gives; \`with\`, \`map\` and \`default\` may follow |
| \`{ lookup: object, where: { field: rule }, default: literal, optional: true }\` | outbound: the id of the one active record that meets all conditions. None or several are a problem; \`default\` stands in for none. When all conditions are empty: nothing with \`optional\`, else a problem |
| \`{ link: customer }\` | outbound: the id of the linked customer |
| \`{ each: path, as: name, when: rule, fields: { … } }\` | inbound: a list with one object for each entry for which \`when\` holds |
| \`{ when: rule, fields: { … } }\` | inbound: an object, or nothing when \`when\` does not hold |
| names with rules | an object; nothing when all its fields are empty. \`billTo: { city: … }\` is the same as \`billTo.city: …\` |

Outbound rules may have \`on: create\` or \`on: update\`: written only when the record is made, or only afterwards. \`owner: crm\`,
\`erp\` or \`latest\` says whose change counts in a document that goes both ways.

An empty text counts as empty. \`when\` does not hold for what is empty, false, 0 or the text "false". What a rule gives is made a
value of the target's kind where there is one way to do it (\`"10.50"\` is the number 10.5); everything else is a problem that
names the value. Numbers in a mapping are exact; a number that YAML would change, such as \`007\`, must be in quotes.

In an inbound mapping \`id\` is the record's own id unless a rule says otherwise, and \`raw\` is the record: of the whole document,
of each entry of \`each\`, and of an object whose \`when\` is a plain path.

### Lines

\`\`\`yaml
lines:
  to: order_line        # the list of the target
  each: deal.lines
  key: line.id          # outbound: tells one line from the next, for ever
  fields:
    product_id: { lookup: product.product, where: { default_code: line.sku } }
    price_unit: line.unitPrice
\`\`\`

Inbound the block is a list as with \`each\`, named by \`to\` (\`lines\` by default); \`as\` is \`line\` by default.

### Expressions

An expression is [JSONata](https://docs.jsonata.org) over the names that paths start with. It sees only what it reads, and empty
values are left out, so \`$exists(deal.poNumber)\` tells whether there is one. Decimals of documents are numbers as long as
they have at most 15 digits, else text. \`$round\` (half away from zero), \`$sum\`, \`$add\`, \`$subtract\`, \`$multiply\` and
\`$divide\` are exact and take numbers or text. The clock, randomness and \`$eval\` are refused: the same record must give the
same value tomorrow. Where what it reads cannot be told from its text, name it: \`{ expr: "…", reads: [deal.lines.sku] }\`.
An expression runs in a thread of its own and is ended when it takes longer than a second.

## Tests

\`\`\`yaml
- name: leaves customer_rank alone on update
  given:
    op: update                       # create by default
    customer: { name: Acme }         # the document; what is not given is harmless
    crm: { Credit__c: "1,000" }      # or erp: the other system's own record
    account: { timeZone: Europe/Berlin }
    links: { customer: "7" }
    lookups: [{ object: res.country, where: { code: DE }, id: "57" }]   # what is not listed is not found
  expect: { name: Acme }             # compares what it names
  absent: [customer_rank]            # not written
- name: names the rule that failed
  given: { customer: { name: Acme }, crm: { Credit__c: many } }
  problem: { kind: mapping_failed, path: credit_limit, rule: parse_number, message: many }
\`\`\`

An inbound test gives \`record\`, as the system has it. Lines are expected as a list under \`lines\`, each with its \`key\`.`

function documentTable(fields: Fields): string {
  return table(['path', 'kind', '', 'meaning'], documentRows(fields, ''))
}

function documentRows(fields: Fields, prefix: string): string[][] {
  return fields.names.flatMap((name) => {
    const field = fields.get(name)
    if (field === undefined || name === 'raw') return []
    const { shape } = field
    const list = shape.kind === 'list'
    const inner = (list ? shape.item?.() : shape)?.fields?.() ?? null
    const path = `${prefix}${name}${list ? '[]' : ''}`
    const kind = shape.options?.map((option) => `\`${option}\``).join(', ') ?? nounOf(shape.kind)
    const rest = field.required ? 'required' : field.nullable || list ? '' : `default \`${text(field.fallback)}\``
    return [[`\`${path}\``, kind, rest, field.description], ...(inner === null ? [] : documentRows(inner, `${path}.`))]
  })
}

function transformSection(one: Transform): string[] {
  const params = Object.entries(one.params.shape).map(([name, schema]) => {
    const { description } = schema as { description?: string }
    return `- \`${name}\`${description === undefined ? '' : `: ${description}`}`
  })
  return [
    `## ${one.name}`,
    one.summary + (one.takesBlank ? ' Takes empty values too.' : ''),
    ...(params.length === 0 ? [] : [params.join('\n')]),
    table(
      ['value', 'rule', 'gives'],
      one.examples.map((example) => exampleRow(one.name, example)),
    ),
  ]
}

function exampleRow(name: string, { in: value, params, out, error }: Example): string[] {
  const rule = params === undefined ? name : `{ ${name}: ${yamlOf(params)} }`
  return [`\`${text(value)}\``, `\`${rule}\``, error === undefined ? `\`${text(out ?? null)}\`` : `a problem: ${error}`]
}

/** As a person would write it on one line. */
function yamlOf(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => yamlOf(one)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return text(value)
  const entries = Object.entries(value).map(([name, inner]) => `${name}: ${yamlOf(inner)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

const text = (value: Json): string => JSON.stringify(value)

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const joined = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`
