import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { count, oneLine } from '../text.ts'

export function addTest(program: Command, perform: Perform): void {
  program
    .command('test')
    .description('Run the tests beside the mappings')
    .action((_options: object, command: Command) =>
      perform(command, async (session) => {
        const { green, red, dim } = session.paint
        const tests = await session.ask((crosswalk) => crosswalk.test())
        const failed = tests.filter((test) => !test.ok)
        session.answer(tests, () => {
          const files = [...Map.groupBy(tests, (test) => test.file)]
          return files
            .map(([file, cases]) => {
              const bad = cases.filter((test) => !test.ok)
              const sign = bad.length === 0 ? green('✓') : red('✗')
              const shown = bad.map(
                (test) =>
                  `  ${red('✗')} ${oneLine(test.name)} ${dim(`${test.file}:${test.line}`)}\n` +
                  (test.message === null ? '' : session.prose(test.message, { indent: 4, first: '    ' })),
              )
              return `${sign} ${oneLine(file)}  ${dim(`${cases.length - bad.length} of ${count(cases.length, 'test')}`)}\n${shown.join('')}`
            })
            .join('')
        })
        session.note(
          failed.length === 0 ? `${count(tests.length, 'test')} passed.` : `${count(failed.length, 'test')} failed.`,
        )
        return failed.length === 0 ? 0 : 1
      }),
    )
}
