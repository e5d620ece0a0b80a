import type { Command } from 'commander'
import type { Preview } from '../../app/engine/preview.ts'
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
    .action((record: string, id: string, options: { sync?: string }, command: Command) =>
      perform(command, async (session) => {
        const preview = await session.ask((crosswalk) => crosswalk.preview(id, { record, ...options }))
        session.answer(preview, () => show(record, preview, session))
        return preview.failures.length === 0 ? 0 : 1
      }),
    )
}

function show(record: string, preview: Preview, session: Session): string {
  const { paint } = session
  const title = `${paint.bold(`${titled(record)} ${oneLine(preview.recordId)}`)}  ${oneLine(preview.label)}  ${paint.dim(`sync ${preview.sync}`)}\n`
  const fields = session.table(
    [
      { title: 'FIELD' },
      { title: 'VALUE', flexible: true },
      { title: 'FROM', flexible: true },
      { title: 'RULE' },
      { title: 'NOTE', flexible: true },
    ],
    preview.fields.map(({ field, value, source, rule, note }) => [
      field,
      shortJson(value),
      { text: source, style: paint.dim },
      { text: rule, style: paint.dim },
      note ?? '',
    ]),
  )
  const parts = [title + action(record, preview, session)]
  if (preview.fields.length > 0) parts.push(fields)
  if (preview.lines.length > 0) {
    parts.push(
      `${paint.bold('Lines')}\n` +
        records(
          preview.lines.map((line) => ({ key: line.key, ...line.fields })),
          session,
          0,
        ),
    )
  }
  if (preview.failures.length > 0) parts.push(preview.failures.map((failure) => session.failure(failure)).join(''))
  return parts.join('\n')
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
      return `${dim('–')} Not delivered by this sync: not won, won before \`since\`, or excluded by \`where\`; nothing would be written\n`
    case 'problem':
      return `${red('✗')} A problem is in the way\n`
    default:
      return `${oneLine(action)}\n`
  }
}
