import { resolve } from 'node:path'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import { portNumber } from '../arguments.ts'
import type { CliDeps } from '../deps.ts'
import type { Perform } from '../session.ts'

export function addSimulate(program: Command, perform: Perform, { systems }: CliDeps): void {
  program
    .command('simulate')
    .description('Serve simulated systems on this machine, to try Crosswalk and mappings on')
    .addArgument(
      new Argument('<systems...>', 'which ones; a CRM and an ERP together sell something').argParser<string[]>(
        (name, before) => [...(before ?? []), oneOf(name, systems)],
      ),
    )
    .option('--port <port>', 'port to listen on, of the first one; 0 for any free one', portNumber, 0)
    .option('--env <file>', 'write what connections need into this file, as `init` reads it from .env')
    .action((names: string[], options: { port: number; env?: string }, command: Command) =>
      perform(command, async (session) => {
        const { port, env } = options
        const file = env === undefined ? null : resolve(session.deps.cwd, env)
        await session.deps.simulate(names, { port, env: file, signal: session.project.signal })
        return 0
      }),
    )
}

function oneOf(name: string, systems: CliDeps['systems']): string {
  const known = systems.map((system) => system.name)
  if (known.includes(name)) return name
  throw new InvalidArgumentError(`Allowed choices are ${known.join(', ')}.`)
}
