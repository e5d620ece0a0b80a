import { type Command, Option } from 'commander'
import { portNumber } from '../arguments.ts'
import type { Role } from '../deps.ts'
import type { Perform } from '../session.ts'

export function addStart(program: Command, perform: Perform): void {
  program
    .command('start')
    .description('Run the server: schedules, webhooks and API, until stopped')
    .addOption(new Option('--role <role>', 'what this process does').choices(['all', 'api', 'worker']).default('all'))
    .option('--port <port>', 'port of the API (default: as configured)', portNumber)
    .action((options: { role: Role; port?: number }, command: Command) =>
      perform(command, async (session) => {
        await session.deps.start(session.project, { role: options.role, port: options.port ?? null })
        return 0
      }),
    )
}
