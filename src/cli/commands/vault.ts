import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addVault(program: Command, perform: Perform): void {
  const vault = program.command('vault').description('The key that encrypts stored secrets and published files')
  vault
    .command('rotate')
    .description('Make a new key and encrypt all that is stored with it')
    .option('--finish', 'after all processes were started again: drop the key before', false)
    .action((options: { finish: boolean }, command: Command) =>
      perform(command, async (session) => {
        const { done, lost, keepsOld } = await session.deps.vault.rotate(session.project, options)
        session.answer({ done, lost, keepsOld }, () => {
          const names = done.length === 0 ? '' : `: ${done.join(', ')}`
          return `${count(done.length, 'envelope')} encrypted with the new key${names}\n`
        })
        for (const name of lost) session.note(`No key opens what is stored of ${name}; see \`crosswalk vault forget\`.`)
        if (keepsOld) session.note('Start all processes again, then: crosswalk vault rotate --finish')
        return lost.length === 0 ? 0 : 1
      }),
    )
  vault
    .command('forget')
    .description('Drop the stored secrets of a connection, so that the configured ones count')
    .argument('[connection]')
    .option('--published', 'drop the published files instead, so that those on disk count', false)
    .action((connection: string | undefined, options: { published: boolean }, command: Command) =>
      perform(command, async (session) => {
        if ((connection === undefined) !== options.published)
          session.misuse('Name a connection, or --published.', 'Such as: crosswalk vault forget odoo')
        const forgotten = await session.deps.vault.forget(session.project, connection ?? null)
        session.answer({ forgotten }, () =>
          forgotten ? 'Forgotten. Start all processes again.\n' : 'There was nothing stored.\n',
        )
        return 0
      }),
    )
}
