import type { Command } from 'commander'
import { wholeNumber } from '../arguments.ts'
import { countsText } from '../counts.ts'
import { durationOf } from '../moments.ts'
import type { Perform } from '../session.ts'

export function addRuns(program: Command, perform: Perform): void {
  program
    .command('runs')
    .description('List the latest runs')
    .option('--sync <name>', 'of this sync')
    .option('--max <n>', 'how many', wholeNumber, 20)
    .action((options: { sync?: string; max: number }, command: Command) =>
      perform(command, async (session) => {
        const { cyan, dim, red, yellow } = session.paint
        const runs = await session.ask((crosswalk) => crosswalk.runs(options))
        const styles = { running: cyan, done: dim, stopped: red }
        session.answer(runs, () =>
          runs.length === 0
            ? 'No runs yet.\n'
            : session.table(
                [
                  { title: `STARTED (${session.zone})` },
                  { title: 'SYNC' },
                  { title: 'KIND' },
                  { title: 'STATE' },
                  { title: 'BY' },
                  { title: 'TOOK', align: 'right' },
                  { title: 'OUTCOME', flexible: true },
                ],
                runs.map((run) => [
                  session.time(run.startedAt),
                  run.sync,
                  run.kind,
                  run.waitsUntil === null
                    ? { text: run.state, style: styles[run.state] }
                    : { text: 'waits', style: yellow },
                  run.actor === null ? { text: '–', style: dim } : run.actor,
                  run.endedAt === null ? '' : durationOf(run.startedAt, run.endedAt),
                  run.reason === null ? countsText(run.counts) : `${countsText(run.counts)} · ${run.reason}`,
                ]),
              ),
        )
        return 0
      }),
    )
}
