import { type Command, InvalidArgumentError } from 'commander'
import { type PlainDate, parsePlainDate } from '../../core/time.ts'
import type { Perform } from '../session.ts'
import { oneLine } from '../text.ts'

export function addMute(program: Command, perform: Perform): void {
  program
    .command('mute')
    .description('Keep quiet about a problem until it gets worse; it stays listed')
    .argument('<problem>', 'its id')
    .requiredOption('--because <text>', 'the reason that others will read')
    .option('--until <day>', 'the day on which it is told again, such as 2026-12-01', dayOf)
    .action((problem: string, options: { because: string; until?: PlainDate }, command: Command) =>
      perform(command, async (session) => {
        await session.ask((crosswalk) => crosswalk.muteProblem(problem, options))
        const { until = null } = options
        session.answer({ problem, muted: true, until }, () => {
          const day = until === null ? '' : ` or ${until}`
          return `Problem ${oneLine(problem)} is muted until it gets worse${day}: crosswalk unmute ${oneLine(problem)}\n`
        })
        return 0
      }),
    )
  program
    .command('unmute')
    .description('End the mute of a problem')
    .argument('<problem>', 'its id')
    .action((problem: string, _options: object, command: Command) =>
      perform(command, async (session) => {
        await session.ask((crosswalk) => crosswalk.unmuteProblem(problem))
        session.answer({ problem, muted: false }, () => `Problem ${oneLine(problem)} is no longer muted.\n`)
        return 0
      }),
    )
}

function dayOf(text: string): PlainDate {
  const day = parsePlainDate(text)
  if (day === null) throw new InvalidArgumentError('It takes a day, such as 2026-12-01.')
  return day
}
