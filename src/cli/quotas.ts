import type { QuotaWait, Usage } from '../ports/ledger/quotas.ts'
import type { Session } from './session.ts'
import { count } from './text.ts'

/** Who waits for a quota, until when, and that nobody has to do anything. */
export function waitsText(waits: readonly QuotaWait[], session: Session, indent = 0): string {
  return waits
    .map(({ sync, lane, connection, until, records }) => {
      const what =
        records === 0 ? `${sync} waits` : `${count(records, 'record')} of ${sync} ${records === 1 ? 'waits' : 'wait'}`
      const others = lane === 'live' ? '' : ' What is more urgent goes on meanwhile.'
      const text = `${what} for the quota of ${connection}, until ${session.time(until)} (${session.age(until)}).${others} A server goes on by itself then; without one, the next \`crosswalk run\` does.`
      const space = ' '.repeat(indent)
      return session.prose(text, { indent: indent + 2, first: `${space}${session.paint.yellow('…')} ` })
    })
    .join('')
}

/** What is left of the calls of each connection, and how many are made at once. */
export function callsText(usages: readonly Usage[], session: Session): string {
  const number = (value: number) => value.toLocaleString('en')
  const rows = usages.flatMap(({ connection, quotas, parallel }) => [
    ...quotas.map(({ name, limit, remaining, endsAt }) => [
      connection,
      name,
      `${number(Math.max(0, remaining))} of ${number(limit)} left`,
      `counted anew ${session.age(endsAt)}`,
    ]),
    ...(parallel === null
      ? []
      : [
          [
            connection,
            'at once',
            `${count(parallel.calls, 'call')}${parallel.calls < parallel.most ? ` (at most ${parallel.most})` : ''}`,
            parallel.held === 0 ? 'none in use' : `${parallel.held} in use`,
          ],
        ]),
  ])
  if (rows.length === 0) return ''
  const columns = [{ title: '' }, { title: '' }, { title: '' }, { title: '', flexible: true }]
  return `\n${session.paint.bold('Calls')}\n${session.table(columns, rows, 2)}`
}
