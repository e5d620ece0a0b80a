import type { Command } from 'commander'
import type { Perform } from '../session.ts'

export function addSetup(program: Command, perform: Perform): void {
  program
    .command('setup')
    .description('Create the write-back fields in a CRM; may be run again')
    .argument('<connection>')
    .action((connection: string, _options: object, command: Command) =>
      perform(command, async (session) => {
        const { green, yellow, dim } = session.paint
        const steps = await session.ask((crosswalk) => crosswalk.setup(connection))
        const styles = { created: green, present: dim, differs: yellow }
        session.answer(steps, () =>
          session.table(
            [{ title: 'FIELD' }, { title: 'OUTCOME' }, { title: '', flexible: true }],
            steps.map((step) => [step.subject, { text: step.outcome, style: styles[step.outcome] }, step.message]),
          ),
        )
        return steps.some((step) => step.outcome === 'differs') ? 1 : 0
      }),
    )
}
