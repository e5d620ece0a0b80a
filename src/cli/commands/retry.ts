import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addRetry(program: Command, perform: Perform): void {
  program
    .command('retry')
    .description('Retry the records that wait on a problem, or records of a sync')
    .argument('<ids...>', 'ids of problems; with --sync ids of records')
    .option('--sync <name>', 'the ids are records of this sync')
    .action((ids: string[], options: { sync?: string }, command: Command) =>
      perform(command, async (session) => {
        const { sync } = options
        const queued = await session.ask(async (crosswalk) => {
          if (sync !== undefined) return crosswalk.retry({ sync, records: ids })
          let total = 0
          for (const problem of ids) total += await crosswalk.retry({ problem })
          return total
        })
        session.answer({ queued }, () =>
          queued === 0 ? 'No records wait there.\n' : `${count(queued, 'record')} will be tried again: crosswalk run\n`,
        )
        return queued === 0 ? 1 : 0
      }),
    )
}
