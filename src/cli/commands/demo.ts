import { Argument, type Command } from 'commander'
import { systemOptionWithDefault } from '../arguments.ts'
import type { CliDeps, DemoPlay } from '../deps.ts'
import type { Perform } from '../session.ts'

export function addDemo(program: Command, perform: Perform, { systems }: CliDeps): void {
  const demo = program
    .command('demo')
    .description('Show the whole way of a deal with simulated systems, and play with it; needs no configuration')
    .option('--once', 'deliver the sample deals, show the result, and stop', false)
    .addOption(systemOptionWithDefault('crm', systems))
    .addOption(systemOptionWithDefault('erp', systems))
    .action((options: { once: boolean; crm: string; erp: string }, command: Command) =>
      perform(command, (session) => {
        const { verbose, signal, home } = session.project
        return session.deps.demo({ ...options, home, verbose, signal })
      }),
    )
  const play = (command: Command, what: DemoPlay) =>
    perform(command, (session) => session.deps.playDemo(what, session.project))
  demo.commandsGroup('In a demo that runs in another terminal')
  demo
    .command('win')
    .description('A deal is won; what becomes of it is shown')
    .action((_options: object, command: Command) => play(command, { do: 'win' }))
  demo
    .command('amend')
    .description('A won deal gets one more line')
    .argument('[deal]', 'its id; else the newest one of which nothing was shipped')
    .action((deal: string | undefined, _options: object, command: Command) =>
      play(command, { do: 'amend', deal: deal ?? null }),
    )
  demo
    .command('break')
    .description('The ERP is down, or refuses the login')
    .addArgument(new Argument('[how]', 'what it does').choices(['down', 'refuses']).default('down'))
    .action((how: 'down' | 'refuses', _options: object, command: Command) => play(command, { do: 'break', how }))
  demo
    .command('mend')
    .description('The ERP works again; where it does, one of the problems is mended')
    .action((_options: object, command: Command) => play(command, { do: 'mend' }))
  demo
    .command('watch')
    .description('What happens, as it happens; Ctrl-C ends it')
    .action((_options: object, command: Command) => play(command, { do: 'watch' }))
  demo
    .command('ask')
    .description('Any other command, asked of the demo: `demo ask problems`')
    .argument('<command...>', 'status, deals, problems, timeline deal <id>, …')
    // They are that command's own.
    .allowUnknownOption()
    .action((args: string[], _options: object, command: Command) =>
      perform(command, (session) => {
        const { json, utc, quiet } = session.options
        const given = Object.entries({ '--json': json, '--utc': utc, '--quiet': quiet }).flatMap(([flag, on]) =>
          on ? [flag] : [],
        )
        return session.deps.playDemo({ do: 'ask', args: [...args, ...given] }, session.project)
      }),
    )
}
