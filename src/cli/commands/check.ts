import type { Command } from 'commander'
import { connectionText, passed } from '../connection-text.ts'
import type { Perform } from '../session.ts'

export function addCheck(program: Command, perform: Perform): void {
  program
    .command('check')
    .description('Check that the systems can be reached, and that the permissions are there')
    .argument('[connections...]', 'connections to look at (default: all)')
    .action((names: string[], _options: object, command: Command) =>
      perform(command, async (session) => {
        const checks = await session.ask((crosswalk) => crosswalk.check(names))
        session.answer(checks, () => checks.map((one) => connectionText(one, session, { all: true })).join(''))
        return checks.every(passed) ? 0 : 1
      }),
    )
}
