import { Argument, type Command } from 'commander'
import { portNumber } from '../arguments.ts'
import type { CliDeps } from '../deps.ts'
import type { Perform } from '../session.ts'

export function addSimulate(program: Command, perform: Perform, { systems }: CliDeps): void {
  program
    .command('simulate')
    .description('Serve a simulated system on this machine, to try Crosswalk and mappings on')
    .addArgument(new Argument('<system>', 'which one').choices(systems.map((system) => system.name)))
    .option('--port <port>', 'port to listen on; 0 for any free one', portNumber, 0)
    .action((system: string, options: { port: number }, command: Command) =>
      perform(command, async (session) => {
        await session.deps.simulate(system, { port: options.port, signal: session.project.signal })
        return 0
      }),
    )
}
