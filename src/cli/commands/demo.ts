import type { Command } from 'commander'
import { systemOptionWithDefault } from '../arguments.ts'
import type { CliDeps } from '../deps.ts'
import type { Perform } from '../session.ts'

export function addDemo(program: Command, perform: Perform, { systems }: CliDeps): void {
  program
    .command('demo')
    .description('Show the whole way of a deal with simulated systems; needs no configuration')
    .option('--once', 'deliver the sample deals, show the result, and stop', false)
    .addOption(systemOptionWithDefault('crm', systems))
    .addOption(systemOptionWithDefault('erp', systems))
    .action((options: { once: boolean; crm: string; erp: string }, command: Command) =>
      perform(command, (session) => {
        const { verbose, signal } = session.project
        return session.deps.demo({ ...options, verbose, signal })
      }),
    )
}
