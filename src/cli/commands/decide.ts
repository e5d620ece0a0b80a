import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { oneLine } from '../text.ts'

const decisions = {
  accept: {
    description: 'Accept that an order differs from its deal, in just these values',
    done: 'Accepted',
  },
  overwrite: {
    description: 'Write once more what the deal says to an order that was changed by hand in the ERP',
    done: 'To be overwritten',
  },
  ignore: {
    description: 'Do not watch these values of an order any more',
    done: 'Not watched any more',
  },
} as const

/** `accept`, `overwrite` and `ignore`: what a person decides about an order that is not what its deal says. */
export function addDecisions(program: Command, perform: Perform): void {
  for (const decision of ['accept', 'overwrite', 'ignore'] as const) {
    const { description, done } = decisions[decision]
    const command = program
      .command(decision)
      .description(description)
      .argument('<deal>', 'id of the deal in the CRM')
      .option('--sync <name>', 'the sync that delivers deals; the first one when not given')
    // An order is overwritten as a whole, so that it agrees with its deal.
    if (decision !== 'overwrite')
      command.option('--only <text>', 'only what the problem tells with this text in it, such as price')
    command.action((deal: string, options: { sync?: string; only?: string }, own: Command) =>
      perform(own, async (session) => {
        const decided = await session.ask((crosswalk) => crosswalk.decide({ deal, decision, ...options }))
        const lines = decided.decided.map((text) => `  ${oneLine(text)}\n`).join('')
        session.answer(decided, () => `${done}:\n${lines}The deal will be looked at again: crosswalk run\n`)
        return 0
      }),
    )
  }
}
