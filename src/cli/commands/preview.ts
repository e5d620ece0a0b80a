import type { Command } from 'commander'
import type { Preview } from '../../app/engine/preview.ts'
import type { Json } from '../../core/json.ts'
import { recordKind } from '../arguments.ts'
import { records, shortJson } from '../json-view.ts'
import type { Perform, Session } from '../session.ts'
import { oneLine } from '../text.ts'

export function addPreview(program: Command, perform: Perform): void {
  program
    .command('preview')
    .description('Dry run for one record: what would be written, each value with its rule')
    .addArgument(recordKind())
    .argument('<id>', "the record's id in its own system")
    .option('--sync <name>', 'the sync to use, where several deliver such records')
    .option('--backfill', 'as a backfill would deliver it, also when it was won before the sync began', false)
    .action((record: string, id: string, options: { sync?: string; backfill: boolean }, command: Command) =>
      perform(command, async (session) => {
        const preview = await session.ask((crosswalk) => crosswalk.preview(id, { record, ...options }))
        session.answer(preview, () => previewText(record, preview, session))
        return preview.failures.length === 0 ? 0 : 1
      }),
    )
}

export function previewText(record: string, preview: Preview, session: Session): string {
  const { paint } = session
  const title = `${paint.bold(`${titled(record)} ${oneLine(preview.recordId)}`)}  ${oneLine(preview.label)}  ${paint.dim(`sync ${preview.sync}`)}\n`
  const parts = [title + action(record, preview, session)]
  const about = customerOf(preview, session) + belowOf(preview, session) + totalsOf(record, preview, session)
  if (about !== '') parts.push(about)
  if (preview.fields.length > 0) parts.push(fieldTable(preview.fields, session))
  if (preview.lines.length > 0) {
    const lines = preview.lines.map(({ key, fields, names, changed, now }) => ({
      key,
      ...Object.fromEntries(
        Object.entries(fields).map(([field, value]) => {
          const isNew = changed?.includes(field) === true
          const before = isNew && now !== null ? `${shortJson(now[field] ?? null)} → ` : ''
          return [field, value === null ? null : marked(`${before}${shown(value, names[field] ?? null)}`, isNew)]
        }),
      ),
    }))
    parts.push(`${paint.bold('Lines')}\n${records(lines, session, 0)}`)
  }
  if (preview.gone.length > 0) {
    const lines = preview.gone.map(({ key, now }) => ({ key, ...now }))
    parts.push(`${paint.bold('In the order alone')}\n${records(lines, session, 0)}`)
  }
  if (preview.differences.length > 0) {
    const told = preview.differences.map(({ text }) => `  ${oneLine(text)}\n`)
    parts.push(`${paint.bold('Changed in the order by somebody')}\n${told.join('')}`)
  }
  if (preview.failures.length > 0) parts.push(preview.failures.map((failure) => session.failure(failure)).join(''))
  return parts.join('\n')
}

type Field = Preview['fields'][number]

const fieldTable = (fields: readonly Field[], session: Session, indent = 0): string =>
  session.table(
    [
      { title: 'FIELD' },
      { title: 'VALUE', flexible: true },
      { title: 'FROM', flexible: true },
      { title: 'RULE', flexible: true },
      { title: 'NOTE', flexible: true },
    ],
    fields.map(({ field, value, name, changed, source, rule, note }) => [
      marked(field, changed === true),
      shown(value, name),
      { text: source, style: session.paint.dim },
      { text: rule, style: session.paint.dim },
      name === null ? (note ?? '') : '',
    ]),
    indent,
  )

/** What would be written anew stands out. */
const marked = (text: string, changed: boolean): string => (changed ? `~ ${text}` : text)
/** An id tells people nothing. */
const shown = (value: Json, name: string | null): string => `${shortJson(value)}${name === null ? '' : ` ${name}`}`

function customerOf({ customer }: Preview, session: Session): string {
  if (customer === null) return ''
  const head = `${session.paint.bold('Customer')}  `
  if (customer.id === null) return `${head}would be created\n${fieldTable(customer.fields, session, 2)}`
  const why = customer.by === null ? 'linked before' : `recognised by ${customer.by}`
  return `${head}${oneLine(customer.label ?? '')} (${oneLine(customer.id)}), ${oneLine(why)}\n`
}

const linkTitles: Readonly<Record<string, string>> = { shipTo: 'Ship to', billTo: 'Bill to', contact: 'Contact' }

const belowOf = ({ below }: Preview, session: Session): string =>
  below
    .map(({ link, id, label, by, fields }) => {
      const head = `${session.paint.bold(linkTitles[link] ?? link)}  `
      if (id === null)
        return `${head}${oneLine(label ?? '')}: would be created below the customer\n${fieldTable(fields, session, 2)}`
      return `${head}${oneLine(label ?? by ?? '')} (${oneLine(id)}), ${by === null ? 'used before' : 'there already'}\n`
    })
    .join('')

function totalsOf(record: string, { totals, order }: Preview, session: Session): string {
  if (totals === null) return ''
  const row = (name: string, { net, tax, total, currency }: NonNullable<typeof totals.target>) => [
    name,
    net ?? '–',
    tax ?? '–',
    total ?? '–',
    currency ?? '–',
  ]
  return session.table(
    ['TOTALS', 'NET', 'TAX', 'TOTAL', 'CURRENCY'].map((name) => ({ title: name })),
    [
      row(record, totals.source),
      ...(totals.target === null ? [] : [row(`order ${order?.number ?? order?.id ?? ''}, now`, totals.target)]),
    ],
  )
}

const titled = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function action(record: string, { action, order }: Preview, session: Session): string {
  const { green, red, dim, yellow } = session.paint
  const made = record === 'deal' ? 'order' : record
  const named = order === null ? `the ${made}` : `${made} ${oneLine(order.number ?? order.id)}`
  switch (action) {
    case 'create':
      return `${green('+')} ${made === 'order' ? 'An order' : `A ${made}`} would be created\n`
    case 'update':
      return `${yellow('~')} ${named} would be updated from the ${record}\n`
    case 'nothing':
      return `${dim('=')} ${named} is as the ${record} wants it\n`
    case 'confirm':
      return `${yellow('~')} ${named} would be confirmed\n`
    case 'cancel':
      return `${yellow('–')} ${named} would be cancelled: the deal is no longer won\n`
    case 'left out':
      return `${dim('–')} Not delivered by this sync: not won, won before \`since\`, or excluded by \`where\`; nothing would be written. With --backfill: what a backfill would make\n`
    case 'problem':
      return `${red('✗')} A problem is in the way\n`
    default:
      return `${oneLine(action)}\n`
  }
}
