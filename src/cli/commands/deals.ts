import { type Command, Option } from 'commander'
import type { LinkState } from '../../ports/ledger/links.ts'
import { wholeNumber } from '../arguments.ts'
import { progressOf } from '../order-progress.ts'
import type { Perform } from '../session.ts'

const states: readonly LinkState[] = ['intended', 'sent', 'linked', 'rejected', 'unknown']

export function addDeals(program: Command, perform: Perform): void {
  program
    .command('deals')
    .description('List deals and their orders, newest first')
    .argument(
      '[text]',
      'part of a name, number or id: deal, customer, purchase order, article, order, invoice, tracking',
    )
    .addOption(new Option('--state <state>', 'only links in this state').choices(states))
    .option('--open', 'only orders that are neither paid nor cancelled')
    .option('--max <n>', 'how many', wholeNumber, 30)
    .action((text: string | undefined, options: { state?: LinkState; open?: boolean; max: number }, command: Command) =>
      perform(command, async (session) => {
        const { dim } = session.paint
        const deals = await session.ask((crosswalk) =>
          crosswalk.deals({ ...options, ...(text === undefined ? {} : { text }) }),
        )
        session.answer(deals, () =>
          deals.length === 0
            ? 'No deals.\n'
            : session.table(
                [
                  { title: 'DEAL' },
                  { title: 'NAME', flexible: true },
                  { title: 'ORDER' },
                  { title: 'PROGRESS' },
                  { title: 'CHANGED' },
                ],
                deals.map((link) => [
                  link.source.ref.id,
                  link.source.label ?? '',
                  link.target.label ?? link.target.id ?? '–',
                  progressOf(link, session.paint),
                  { text: session.age(link.updatedAt), style: dim },
                ]),
              ),
        )
        return 0
      }),
    )
}
