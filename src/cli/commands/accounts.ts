import { type Command, Option } from 'commander'
import type { Perform } from '../session.ts'

const roles = ['viewer', 'operator', 'mapper', 'admin']

export function addAccounts(program: Command, perform: Perform): void {
  const accounts = program.command('accounts').description('People who may sign in to the console')
  accounts
    .command('list')
    .description('Who may sign in, and as what')
    .action((_options: object, command: Command) =>
      perform(command, async (session) => {
        const found = await session.deps.accounts.list(session.project)
        session.answer({ accounts: found }, () =>
          found.length === 0
            ? 'Nobody yet. The server shows a link to begin with when it starts.\n'
            : session.table(
                [{ title: 'NAME' }, { title: 'CALLED' }, { title: 'ROLE' }, { title: 'LAST SEEN' }, { title: '' }],
                found.map((one) => [
                  one.name,
                  one.display,
                  one.role,
                  one.seenAt === null ? '' : session.time(one.seenAt),
                  one.isDisabled ? 'disabled' : one.isReady ? '' : 'has no password yet',
                ]),
              ),
        )
        return 0
      }),
    )
  accounts
    .command('link')
    .description('A one-time link by which a person, who is added if need be, chooses a password')
    .argument('<name>', 'by which they sign in, such as an e-mail address')
    .addOption(new Option('--role <role>', 'what they may do (default: as it is, viewer for a new one)').choices(roles))
    .action((given: string, { role = null }: { role?: string | null }, command: Command) =>
      perform(command, async (session) => {
        const name = given.trim().toLowerCase()
        if (!/^[a-z0-9][a-z0-9._@+-]{0,99}$/.test(name))
          session.misuse(`"${given}" is no name to sign in by.`, 'It has letters, digits and . _ @ + -')
        const link = await session.deps.accounts.link(session.project, name, role)
        session.answer({ name, ...link }, () => `${link.path}\n`)
        session.note(
          `Open it below the address of the server, once, until ${session.time(link.endsAt)}. ${link.isNew ? `${name} was added.` : 'The password of before counts until then.'}`,
        )
        return 0
      }),
    )
}
