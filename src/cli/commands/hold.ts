import type { Command } from 'commander'
import type { Perform } from '../session.ts'

export function addHold(program: Command, perform: Perform): void {
  program
    .command('hold')
    .description('Stop a sync from delivering until it is resumed; changes are still collected')
    .argument('<sync>')
    .option('--because <text>', 'the reason that others will read in `status`', 'held on the command line')
    .action((sync: string, options: { because: string }, command: Command) =>
      perform(command, async (session) => {
        await session.ask((crosswalk) => crosswalk.hold(sync, options.because))
        session.answer({ sync, held: true }, () => `${sync} is held. To resume it: crosswalk resume ${sync}\n`)
        return 0
      }),
    )
}
