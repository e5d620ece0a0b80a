import type { DocumentName } from '../../core/documents.ts'
import type { Json } from '../../core/json.ts'
import { nounOf } from '../run/value.ts'
import { transforms } from '../transforms/catalogue.ts'
import type { Example, Transform } from '../transforms/transform.ts'
import { findingKinds } from './finding.ts'
import { documentFields, type Fields } from './shape.ts'

const documents: readonly DocumentName[] = ['deal', 'customer', 'address', 'contact', 'product', 'fulfilment']
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
| \`watch\` | inbound: which records are looked at, see below; all of them without it |
| \`match\` | outbound: how a record that is there already is recognised, best way first: \`match: [{ same: [vat], identity: true }, email]\`. An identity names one thing; the others say only that two are alike. A step counts where none of its fields is empty; with \`whole: true\` an empty field is compared as well, as in an address |
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
| \`{ from: path, else: rule, with: [transforms], map: table, default: literal }\` | what is there; if empty, what \`else\` gives; then the [transforms](transforms.md) one after the other; then the entry of \`config/tables/<table>.yaml\`, looked up without regard to letter case; \`default\` when all of it is empty or the table has no such entry (without one that is a problem) |
| \`{ value: literal }\` | always the same |
| \`{ expr: "JSONata" }\` | what the expression gives; \`with\`, \`map\` and \`default\` may follow |
| \`{ lookup: object, where: { field: rule }, default: literal, optional: true }\` | outbound: the id of the one active record that meets all conditions. None or several are a problem; \`default\` stands in for none, and \`default: null\` leaves the field empty then. When all conditions are empty: nothing with \`optional\`, else a problem |
| \`{ lookup: object, where: [{ field: rule }, { field: rule }] }\` | the same in several ways, the best first: the first that finds something counts; one with an empty value is skipped |
| \`{ link: customer, else: rule }\` | outbound: the id that another record of the sync has in the target. Which names there are depends on the sync: an order has \`customer\`, and \`shipTo\`, \`billTo\` and \`contact\` where the ERP's folder has the mappings \`address\` and \`contact\`; these two have \`customer\`, other mappings none. What the deal does not have is empty, and \`else\` counts |
| \`{ each: path, as: name, when: rule, fields: { … } }\` | inbound: a list with one object for each entry for which \`when\` holds |
| \`{ when: rule, fields: { … } }\` | inbound: an object, or nothing when \`when\` does not hold |
| \`{ use: file, from: path, when: rule, fields: { … }, else: { use: … } }\` | inbound: an object that another mapping fills, see below |
| names with rules | an object; nothing when all its fields are empty. \`billTo: { city: … }\` is the same as \`billTo.city: …\` |

Outbound rules may have \`on: create\` or \`on: update\`: written only when the record is made, or only afterwards.

Where a sync goes both ways, \`owner\` says whose change of the field counts. Where it goes one way only, as every sync does today,
\`owner\` is refused: \`on: create\` lets later edits survive. Neither word is known in lines.

| owner | the field of a record that is there already |
| --- | --- |
| the other system: \`crm\` or \`erp\` | has what the other system has; an edit on this side is put back |
| the system of the mapping | is left alone; only what is still empty is filled, once |
| \`latest\` | takes over the change of the other system, unless it was changed on this side later. When both changed at the same time, or nobody knows when, the ERP counts |
| none | takes over each change of the other system; an edit on this side stays until then |

An empty text counts as empty. \`when\` does not hold for what is empty, false, 0 or the text "false". What a rule gives is made a
value of the target's kind where there is one way to do it (\`"10.50"\` is the number 10.5); everything else is a problem that
names the value. Numbers in a mapping are exact; a number that YAML would change, such as \`007\`, must be in quotes.

In an inbound mapping \`id\` is the record's own id unless a rule says otherwise, and \`raw\` is the record: of the whole document,
of each entry of \`each\`, of an object whose \`when\` is a plain path, and of one that \`use\` fills.

### Watch

\`watch\` is a list of conditions. A record is looked at when one of them holds; a condition holds when all its paths do.

\`\`\`yaml
from: deals
to: deal
watch:
  - { properties.dealstage: [closedwon, contractsigned] }                       # one of several values
  - { properties.pipeline: rentals, properties.contract_no: { present: true } } # a value, and any value at all
fields:
  number: id
  won: { value: true }
  currency: account.currency
\`\`\`

Paths are fields of the record, as in rules. Values are compared as text, so \`true\` is also "true" and \`7\` is "7". What is empty
fulfils no condition. A path with \`{ present: true }\` may name a field that is not there yet.

### Use

\`{ use: customer, from: company }\` fills an object of the document, the customer of a deal, with what \`customer.yaml\` beside the
mapping says. That file is an inbound mapping of its own, with tests of its own: it has \`to: customer\`, its paths start at the record
that \`from\` leads to, and its \`from\` must be the object of that record. Its \`watch\` does not count here.

The object is there when the record is, and \`when\`, if given, holds; else what \`else\` gives, which is another \`use\`. \`fields\` beside
\`use\` take the place of single rules of the file; their paths start where all paths of the mapping do. \`customer.taxId: …\` beside
it does the same, whichever file fills the customer. A file that is used uses no other one.

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
they have at most 15 digits, else text. A text that is a number, as systems write them, counts as one where it is computed with,
compared by size, sorted by, or compared with a number; two texts are equal only when they are written alike, so that post codes stay
post codes. \`$round\` (half away from zero), \`$sum\`, \`$add\`, \`$subtract\`, \`$multiply\` and
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

An inbound test gives \`record\`, as the system has it; numbers in \`record\`, \`crm\` and \`erp\` may be written as numbers or as text. Lines are expected as a list under \`lines\`, each with its \`key\`.`

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
