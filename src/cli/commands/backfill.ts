import type { Command } from 'commander'
import { toMillis } from '../../core/time.ts'
import { momentOf } from '../moments.ts'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addBackfill(program: Command, perform: Perform): void {
  program
    .command('backfill')
    .description(
      'Deliver deals that were won before the sync began, or nobody knows when; shows how many and asks first',
    )
    .argument('<sync>')
    .option('--from <date>', 'won from this day or instant on: 2026-11-01, 2026-11-01T08:00:00Z')
    .option('--deal <id...>', 'these deals, whenever they were won')
    .option('--yes', 'do not ask', false)
    .action((sync: string, options: { from?: string; deal?: string[]; yes: boolean }, command: Command) =>
      perform(command, async (session) => {
        const { prompts, clock } = session.deps
        if ((options.from === undefined) === (options.deal === undefined))
          return session.misuse('Which deals?', 'Give either --from with a date, or --deal with their ids.')
        const from = options.from === undefined ? null : momentOf(options.from, session.zone)
        if (options.from !== undefined && from === null)
          return session.misuse(`--from "${options.from}" is no date`, 'Write it as 2026-11-01.')
        if (from !== null && toMillis(from) > toMillis(clock.now()))
          return session.misuse(`--from "${options.from}" has not come yet`, 'Give a day in the past.')
        if (!options.yes && (prompts === null || session.options.json))
          return session.misuse(
            'There is no terminal to confirm on',
            'Add --yes, once the number is known to be right.',
          )
        const which = from === null ? { ids: options.deal ?? [] } : { from }
        const since = from === null ? '' : ` won since ${session.time(from)} (${session.zone})`
        return session.ask(async (crosswalk) => {
          const { found } = await crosswalk.backfill(sync, { ...which, dryRun: true })
          if (found === 0) {
            const none = from === null ? 'None of these is a won deal without an order.' : `No deals${since}.`
            session.answer({ found, queued: false }, () => `${none}\n`)
            return 0
          }
          const words = `${count(found, 'deal')}${since}`
          if (!options.yes && (await prompts?.confirm(`${words}. Deliver ${found === 1 ? 'it' : 'them'}?`)) !== true) {
            session.note('Nothing was queued.')
            return 1
          }
          const queued = await crosswalk.backfill(sync, { ...which, dryRun: false })
          session.answer({ found: queued.found, queued: true }, () =>
            session.prose(`Queued ${words}, to be delivered below live traffic: \`crosswalk run ${sync}\``),
          )
          return 0
        })
      }),
    )
}
