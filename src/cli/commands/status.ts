import type { Command } from 'commander'
import type { Status } from '../../app/crosswalk.ts'
import { countsText } from '../counts.ts'
import { byProgress, progressOf } from '../order-progress.ts'
import { callsText, waitsText } from '../quotas.ts'
import type { Perform, Session } from '../session.ts'
import type { Cell } from '../table.ts'
import { count, oneLine, widthOf } from '../text.ts'
import { channels } from './alert.ts'

export function addStatus(program: Command, perform: Perform): void {
  program
    .command('status')
    .description('Show connections, syncs and orders on one screen')
    .action((_options: object, command: Command) =>
      perform(command, async (session) => {
        const status = await session.ask((crosswalk) => crosswalk.status())
        session.answer(status, () =>
          [
            connections(status, session) + callsText(status.connections, session),
            syncs(status, session),
            ...(status.alerts.length === 0 ? [] : [alerts(status, session)]),
            orders(status, session),
          ].join('\n'),
        )
        return 0
      }),
    )
}

function connections(status: Status, session: Session): string {
  const { bold, green, red, yellow, dim } = session.paint
  const rows = status.connections.map(({ connection, system, account, pausedBecause, pausedUntil }): Cell[] => [
    connection,
    { text: system, style: dim },
    pausedBecause === null
      ? { text: '✓ ok', style: green }
      : pausedBecause.problem.kind === 'rate_limited'
        ? { text: '… waits', style: yellow }
        : { text: '✗ paused', style: red },
    pausedBecause === null
      ? account === null
        ? { text: 'not reached yet', style: dim }
        : `${account.name} (${account.id})`
      : pausedUntil === null
        ? 'until it is fixed'
        : `next try ${session.age(pausedUntil)}`,
  ])
  const reasons = status.connections.flatMap(({ pausedBecause }) =>
    pausedBecause === null ? [] : [session.failure(pausedBecause, 2)],
  )
  const columns = [{ title: '' }, { title: '' }, { title: '' }, { title: '', flexible: true }]
  return `${bold('Connections')}\n${session.table(columns, rows, 2)}${reasons.join('')}`
}

function syncs(status: Status, session: Session): string {
  const { paint } = session
  const number = (value: number, style = paint.bold): Cell =>
    value === 0 ? { text: '0', style: paint.dim } : { text: value.toLocaleString('en'), style }
  const rows = status.syncs.map((sync): Cell[] => [
    sync.sync,
    `${sync.from} → ${sync.to}`,
    sync.heldBecause !== null
      ? { text: 'held', style: paint.red }
      : sync.mode === 'shadow'
        ? { text: 'shadow', style: paint.yellow }
        : { text: 'live', style: paint.green },
    number((sync.inbox?.due ?? 0) + (sync.inbox?.inWork ?? 0)),
    number(sync.inbox?.later ?? 0, paint.yellow),
    number(sync.problems, paint.red),
    lastRun(sync.lastRun, session),
  ])
  const table = session.table(
    [
      { title: 'SYNC' },
      { title: 'WAY' },
      { title: 'MODE' },
      { title: 'DUE', align: 'right' },
      { title: 'LATER', align: 'right' },
      { title: 'PROBLEMS', align: 'right' },
      { title: 'LAST RUN', flexible: true },
    ],
    rows,
    2,
  )
  const held = status.syncs.map((sync) =>
    sync.heldBecause === null
      ? ''
      : session.prose(`${sync.sync} is held: ${sync.heldBecause}`, { indent: 4, first: `  ${paint.red('✗')} ` }) +
        `    To resume it: crosswalk resume ${sync.sync}\n`,
  )
  const problems = status.syncs.reduce((total, sync) => total + sync.problems, 0)
  const hint =
    problems === 0
      ? ''
      : `  ${paint.red('✗')} ${count(problems, 'problem')} ${problems === 1 ? 'waits' : 'wait'} for a person: crosswalk problems\n`
  const muted = status.syncs.reduce((total, sync) => total + sync.mutedProblems, 0)
  const mutedHint =
    muted === 0
      ? ''
      : `    ${count(muted, 'problem')} ${muted === 1 ? 'is' : 'are'} muted: crosswalk problems --muted\n`
  return `${paint.bold('Syncs')}\n${table}${held.join('')}${waitsText(status.waits, session, 2)}${hint}${mutedHint}`
}

function lastRun(run: Status['syncs'][number]['lastRun'], session: Session): Cell {
  // A look that finds nothing is no run.
  if (run === null) return { text: 'no work yet', style: session.paint.dim }
  const when = session.age(run.endedAt ?? run.startedAt)
  if (run.state === 'running') return { text: `running, began ${when}`, style: session.paint.cyan }
  if (run.waitsUntil !== null)
    return {
      text: `${when}, waits for a quota, goes on ${session.age(run.waitsUntil)}`,
      style: session.paint.yellow,
    }
  if (run.state === 'stopped')
    return { text: `${when}, stopped: ${run.reason ?? 'no reason given'}`, style: session.paint.red }
  return `${when}, ${countsText(run.counts)}`
}

const alerts = (status: Status, session: Session): string =>
  `${session.paint.bold('Alerts')}\n${channels(status.alerts, session)}`

/** All stages on few lines, so that eleven of them do not fill the screen. */
function orders(status: Status, session: Session): string {
  const { bold } = session.paint
  const total = status.orders.reduce((sum, one) => sum + one.count, 0)
  const title = `${bold('Orders')}  ${total.toLocaleString('en')}\n`
  if (total === 0) return title
  const width = session.columns
  const rows: string[] = []
  let used = width
  for (const one of [...status.orders].sort(byProgress)) {
    const { text, style } = progressOf(one, session.paint)
    const number = one.count.toLocaleString('en')
    const needed = widthOf(`${number} ${oneLine(text)}`) + 3
    const fits = used + needed <= width
    const shown = `${bold(number)} ${style(oneLine(text))}`
    if (fits) rows.push(`${rows.pop() ?? ''}   ${shown}`)
    else rows.push(`  ${shown}`)
    used = fits ? used + needed : needed
  }
  return `${title}${rows.join('\n')}\n`
}
