import type { Command } from 'commander'
import type { AlertTest, ChannelReport } from '../../app/alerts/alerts.ts'
import type { Perform, Session } from '../session.ts'
import type { Cell } from '../table.ts'

export function addAlert(program: Command, perform: Perform): void {
  program
    .command('alert')
    .description('Show the channels by which people are told of problems, or test them')
    .option('--test [channel]', 'send a test message, to all channels unless one is named')
    .action((options: { test?: string | true }, command: Command) =>
      perform(command, (session) => (options.test === undefined ? list(session) : test(options.test, session))),
    )
}

async function list(session: Session): Promise<0> {
  const { alerts } = await session.ask((crosswalk) => crosswalk.status())
  session.answer(alerts, () => channels(alerts, session))
  return 0
}

async function test(which: string | true, session: Session): Promise<0 | 1> {
  const tested = await session.ask((crosswalk) => crosswalk.testAlerts(which === true ? [] : [which]))
  session.answer(tested, () => (tested.length === 0 ? none : tested.map((one) => row(one, session)).join('')))
  return tested.every((one) => one.failure === null) && tested.length > 0 ? 0 : 1
}

const none = 'There is no channel: nobody is told of anything. Add one under alerts.channels, see docs/operations.md.\n'

function row({ channel, kind, answer, failure }: AlertTest, session: Session): string {
  const { green, red } = session.paint
  if (failure !== null) return `${red('✗')} ${channel} (${kind})\n${session.failure(failure, 2)}`
  return session.prose(`${channel} (${kind}) took the message: ${answer}`, { indent: 2, first: `${green('✓')} ` })
}

/** One line for each channel, and why those fail that do. */
export function channels(alerts: readonly ChannelReport[], session: Session): string {
  if (alerts.length === 0) return none
  const { green, red, dim } = session.paint
  const rows = alerts.map(({ channel, kind, toldAt, failures, failingSince, nextTryAt }): Cell[] => [
    channel,
    { text: kind, style: dim },
    failures === 0 ? { text: '✓ ok', style: green } : { text: '✗ fails', style: red },
    failingSince === null
      ? toldAt === null
        ? { text: 'nothing told yet', style: dim }
        : `last message ${session.age(toldAt)}`
      : `since ${session.age(failingSince)}${nextTryAt === null ? '' : `, next try ${session.age(nextTryAt)}`}`,
  ])
  const reasons = alerts.flatMap(({ failure }) => (failure === null ? [] : [session.failure(failure, 2)]))
  return `${session.table([{ title: '' }, { title: '' }, { title: '' }, { title: '', flexible: true }], rows, 2)}${reasons.join('')}`
}
