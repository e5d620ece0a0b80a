import type { Command } from 'commander'
import { findingLines } from '../findings.ts'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addLint(program: Command, perform: Perform): void {
  program
    .command('lint')
    .description('Check all mappings: every path, table, transform and field, all findings at once')
    .option('--offline', 'do not ask the systems which fields they have', false)
    .action((options: { offline: boolean }, command: Command) =>
      perform(command, async (session) => {
        const findings = await session.ask((crosswalk) => crosswalk.lint(options))
        session.answer(findings, () => findingLines(findings, session, { whole: session.deps.outColumns === null }), {
          whole: true,
        })
        const warnings = findings.filter(({ level }) => level === 'warning')
        const mistakes = findings.length - warnings.length
        if (findings.length === 0) session.note('No findings.')
        else if (mistakes === 0) session.note(`${count(warnings.length, 'warning')}; every sync can work.`)
        else
          session.note(
            `${count(mistakes, 'finding')}${warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`}.`,
          )
        return mistakes === 0 ? 0 : 1
      }),
    )
}
