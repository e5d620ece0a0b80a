import type { Command } from 'commander'
import { wholeNumber } from '../arguments.ts'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addResume(program: Command, perform: Perform): void {
  program
    .command('resume')
    .description('Resume a held sync')
    .argument('<sync>')
    .option('--allow <n>', 'new orders allowed beyond the guard', wholeNumber)
    .action((sync: string, options: { allow?: number }, command: Command) =>
      perform(command, async (session) => {
        await session.ask((crosswalk) => crosswalk.resume(sync, options))
        const more = options.allow === undefined ? '' : ` with ${count(options.allow, 'order')} beyond the guard`
        session.answer({ sync, held: false }, () => `${sync} goes on${more}.\n`)
        return 0
      }),
    )
}
