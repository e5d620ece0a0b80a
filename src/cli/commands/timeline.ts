import type { Command } from 'commander'
import { isObject } from '../../core/json.ts'
import type { Link } from '../../ports/ledger/links.ts'
import type { TimelineEntry } from '../../ports/ledger/timeline.ts'
import { recordKind } from '../arguments.ts'
import { details } from '../json-view.ts'
import { clockIn, dayIn } from '../moments.ts'
import { progressOf, wayOf } from '../order-progress.ts'
import type { Style } from '../paint.ts'
import type { Perform, Session } from '../session.ts'
import { oneLine, pad, widthOf } from '../text.ts'

export function addTimeline(program: Command, perform: Perform): void {
  program
    .command('timeline')
    .description('Show the history of one record: every step, with the values that were written')
    .addArgument(recordKind())
    .argument('<id>', "the record's id in its own system")
    .option('--connection <name>', 'the connection, where several have a record of that id')
    .action((kind: string, id: string, options: { connection?: string }, command: Command) =>
      perform(command, async (session) => {
        const { links, entries } = await session.ask(async (crosswalk) => ({
          entries: await crosswalk.timeline({ id, ...options }),
          // The search covers names and numbers as well, so other deals may come first.
          links: (await crosswalk.deals({ text: id, max: 50 })).filter(
            ({ source: { ref } }) =>
              ref.id === id && (options.connection === undefined || ref.connection === options.connection),
          ),
        }))
        const owners = [...entries.map(({ ref }) => ref), ...links.map(({ source }) => source.ref)]
        const connections = [...new Set(owners.map((ref) => ref.connection))]
        if (connections.length > 1) {
          session.misuse(
            `${kind} ${oneLine(id)} exists in ${connections.map(oneLine).join(' and in ')}`,
            `Name the connection: --connection ${oneLine(connections[0] ?? '')}`,
          )
        }
        const link = links[0] ?? null
        session.answer({ recordId: id, link, entries }, () => show(kind, id, link, entries, session))
        return entries.length === 0 && link === null ? 1 : 0
      }),
    )
}

function show(
  kind: string,
  id: string,
  link: Link | null,
  entries: readonly TimelineEntry[],
  session: Session,
): string {
  if (entries.length === 0 && link === null) return `Nothing is known of ${kind} ${oneLine(id)}.\n`
  const { zone } = session
  const days = [...Map.groupBy(entries, (entry) => dayIn(entry.at, zone))]
  const eventColumns = Math.max(0, ...entries.map((entry) => widthOf(eventText(entry))))
  const shown = days.map(
    ([day, ofDay]) =>
      `${session.paint.bold(day)}\n${ofDay.map((entry) => step(entry, eventColumns, session)).join('')}`,
  )
  const close = entries.length === 0 ? [] : [`${session.paint.dim(`Times in ${zone}`)}\n`]
  return [head(kind, id, link, entries, session), ...shown, ...close].join('\n')
}

function head(
  kind: string,
  id: string,
  link: Link | null,
  entries: readonly TimelineEntry[],
  session: Session,
): string {
  const { paint } = session
  const label = oneLine(link?.source.label ?? '')
  const title = `${paint.bold(`${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${oneLine(id)}`)}${label === '' || label === id ? '' : `  ${label}`}\n`
  if (link === null) return kind === 'deal' ? `${title}No order yet\n` : title
  const { text, style } = progressOf(link, paint)
  const number = oneLine(link.target.label ?? link.target.id ?? '')
  const order = number === '' ? `${style(text)}\n` : `Order ${number}  ${style(text)}\n`
  if (link.stage === null || link.state !== 'linked') return title + order
  return `${title}${order}\n${wayOf(link.stage, stagesSeen(entries), paint, session.columns)}\n`
}

const stagesSeen = (entries: readonly TimelineEntry[]) =>
  new Set(
    entries
      .map(({ details: given }) => (isObject(given) ? given.stage : null))
      .filter((stage) => typeof stage === 'string'),
  )

const eventText = (entry: TimelineEntry) => oneLine(entry.event).replaceAll('_', ' ')

// Under the event, past the time and the sign.
const indentOfDetails = 14

function step(entry: TimelineEntry, eventColumns: number, session: Session): string {
  const { paint } = session
  const { sign, style } = looks(entry.event, session)
  const before = `  ${paint.dim(clockIn(entry.at, session.zone))}  ${style(sign)} ${style(pad(eventText(entry), eventColumns))}  `
  const indent = indentOfDetails + eventColumns + 2
  const given = isObject(entry.details) ? entry.details : null
  // The remedy of a problem is shown as a sentence; its kind, like a stage, is in the text already.
  const remedy = entry.event === 'problem' && typeof given?.fix === 'string' ? given.fix : null
  return (
    session.prose(entry.actor === null ? entry.text : `${entry.text} (${oneLine(entry.actor)})`, {
      indent,
      first: before,
    }) +
    (remedy !== null
      ? session.prose(`What to do: ${remedy}`, { indent, first: ' '.repeat(indent) })
      : entry.event === 'stage'
        ? ''
        : details(entry.details, session, indentOfDetails))
  )
}

function looks(event: string, { paint }: Session): { sign: string; style: Style } {
  switch (event) {
    case 'created':
    case 'adopted':
    case 'confirmed':
    case 'mended':
      return { sign: '✓', style: paint.green }
    case 'problem':
      return { sign: '✗', style: paint.red }
    case 'stage':
      return { sign: '●', style: paint.cyan }
    case 'cancelled':
      return { sign: '■', style: paint.yellow }
    default:
      return { sign: '·', style: (text) => text }
  }
}
