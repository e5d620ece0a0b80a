import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { oneLine } from '../text.ts'

export function addAssign(program: Command, perform: Perform): void {
  program
    .command('assign')
    .description('Say who takes care of a problem')
    .argument('<problem>', 'its id')
    .argument('[user]', 'by the name that they sign in with')
    .option('--nobody', 'takes it off whoever has it', false)
    .action((problem: string, user: string | undefined, { nobody }: { nobody: boolean }, command: Command) =>
      perform(command, async (session) => {
        if ((user !== undefined) === nobody) session.misuse('Who takes care of it?', 'Name a user, or add --nobody.')
        const assignee = user === undefined ? null : user.trim().toLowerCase()
        await session.ask((crosswalk) => crosswalk.assignProblem(problem, assignee))
        session.answer({ problem, assignee }, () => `Problem ${oneLine(problem)}: ${oneLine(assignee ?? 'nobody')}\n`)
        return 0
      }),
    )
}
