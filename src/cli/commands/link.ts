import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addLink(program: Command, perform: Perform): void {
  program
    .command('link')
    .description('Link a customer of the CRM to its customer in the ERP, where several match or none does')
    .argument('<customer>', 'id of the customer in the CRM, as problems name it')
    .argument('<id>', 'id of the customer in the ERP')
    .option('--sync <name>', 'the sync that delivers deals; the first one when not given')
    .option('--move', 'unlink it from the customer of the CRM that it belongs to now', false)
    .action((customer: string, target: string, options: { sync?: string; move: boolean }, command: Command) =>
      perform(command, async (session) => {
        const linked = await session.ask((crosswalk) => crosswalk.linkCustomer({ customer, target, ...options }))
        const before = linked.movedFrom === null ? '' : ` It belonged to ${linked.movedFrom} before.`
        const next =
          linked.records === 0
            ? 'No deals wait on a customer.'
            : `${count(linked.records, 'deal')} will be tried again: crosswalk run`
        session.answer(linked, () => `${customer} is now linked to customer ${target} of the ERP.${before}\n${next}\n`)
        return 0
      }),
    )
}
