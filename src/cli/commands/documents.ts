import type { Command } from 'commander'
import type { OrderDocuments } from '../../app/flows/flow.ts'
import type { Perform, Session } from '../session.ts'
import type { Cell } from '../table.ts'
import { oneLine } from '../text.ts'

export function addDocuments(program: Command, perform: Perform): void {
  program
    .command('documents')
    .description("Show what stands behind a deal's order now: shipments, invoices, payments, production, purchases")
    .argument('<deal>', "the deal's id in its own system")
    .option('--sync <name>', 'the sync to use, where several deliver deals')
    .action((deal: string, options: { sync?: string }, command: Command) =>
      perform(command, async (session) => {
        const found = await session.ask((crosswalk) => crosswalk.documents(deal, options))
        session.answer(found, () => (found === null ? `Deal ${oneLine(deal)} has no order.\n` : show(found, session)))
        return found === null ? 1 : 0
      }),
    )
}

const none = '–'

function show(found: OrderDocuments, session: Session): string {
  const { number, url, promisedDate, currency } = found
  const amount = (value: string) => (currency === null ? value : `${value} ${currency}`)
  const facts = [
    ...(promisedDate === null ? [] : [`promised for ${promisedDate}`]),
    ...(url === null ? [] : [oneLine(url)]),
  ]
  const head = `${session.paint.bold(`Order ${oneLine(number ?? '')}`.trimEnd())}\n${facts.map((fact) => `${fact}\n`).join('')}`
  const tables = [
    list(session, ['SHIPMENT', 'STATE', 'LEFT', 'CARRIER', 'TRACKING'], found.shipments, (one) => [
      one.number,
      one.kind === 'return' ? `return, ${one.state}` : one.state,
      one.shippedDate ?? none,
      one.carrier ?? none,
      [one.trackingNumber, one.trackingUrl].filter((text) => text !== null).join(' ') || none,
    ]),
    list(session, ['INVOICE', 'STATE', 'DATE', 'DUE', 'TOTAL', 'OPEN'], found.invoices, (one) => [
      one.number ?? none,
      `${one.kind === 'credit_note' ? 'credit note, ' : ''}${stateOf(one)}`,
      one.date ?? none,
      one.due ?? none,
      amount(one.total),
      amount(one.outstanding),
    ]),
    list(session, ['PAYMENT', 'AMOUNT'], found.payments, (one) => [one.date ?? none, amount(one.amount)]),
    list(session, ['PRODUCTION', 'STATE', 'MADE', 'DUE'], found.productionOrders, (one) => [
      one.number,
      one.state.replaceAll('_', ' '),
      `${one.produced ?? none} of ${one.ordered ?? none}`,
      one.dueDate ?? none,
    ]),
    list(session, ['PURCHASE', 'STATE', 'DUE'], found.purchaseOrders, (one) => [
      one.number,
      one.state,
      one.dueDate ?? none,
    ]),
  ].filter((table) => table !== '')
  return [head, ...(tables.length === 0 ? ['There is nothing behind it yet.\n'] : tables)].join('\n')
}

const stateOf = ({ state, paid }: OrderDocuments['invoices'][number]) =>
  paid === 'partly' ? 'partly paid' : (paid ?? state)

const list = <One>(
  session: Session,
  titles: readonly string[],
  rows: readonly One[],
  cells: (one: One) => readonly Cell[],
): string =>
  rows.length === 0
    ? ''
    : session.table(
        titles.map((title) => ({ title })),
        rows.map(cells),
      )
