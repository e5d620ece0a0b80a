import type { Command } from 'commander'
import { toMillis } from '../../core/time.ts'
import { momentOf } from '../moments.ts'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addBackfill(program: Command, perform: Perform): void {
  program
    .command('backfill')
    .description('Deliver deals that were won before the sync began; shows how many and asks first')
    .argument('<sync>')
    .requiredOption('--from <date>', 'won from this day or instant on: 2026-11-01, 2026-11-01T08:00:00Z')
    .option('--yes', 'do not ask', false)
    .action((sync: string, options: { from: string; yes: boolean }, command: Command) =>
      perform(command, async (session) => {
        const from = momentOf(options.from, session.zone)
        if (from === null) return session.misuse(`--from "${options.from}" is no date`, 'Write it as 2026-11-01.')
        if (toMillis(from) > toMillis(session.deps.clock.now()))
          return session.misuse(`--from "${options.from}" has not come yet`, 'Give a day in the past.')
        const { prompts } = session.deps
        if (!options.yes && (prompts === null || session.options.json))
          return session.misuse(
            'There is no terminal to confirm on',
            'Add --yes, once the number is known to be right.',
          )
        return session.ask(async (crosswalk) => {
          const { found } = await crosswalk.backfill(sync, { from, dryRun: true })
          const words = `${count(found, 'deal')} won since ${session.time(from)} (${session.zone})`
          if (found === 0) {
            session.answer(
              { found, queued: false },
              () => `No deals won since ${session.time(from)} (${session.zone}).\n`,
            )
            return 0
          }
          if (!options.yes && (await prompts?.confirm(`${words}. Deliver them?`)) !== true) {
            session.note('Nothing was queued.')
            return 1
          }
          const queued = await crosswalk.backfill(sync, { from, dryRun: false })
          session.answer(
            { found: queued.found, queued: true },
            () => `Queued ${words}. They are delivered below live traffic: crosswalk run ${sync}\n`,
          )
          return 0
        })
      }),
    )
}
