import type { Command } from 'commander'
import type { RunReport } from '../../app/engine/run.ts'
import { wholeNumber } from '../arguments.ts'
import { countsText } from '../counts.ts'
import { openProgress } from '../progress.ts'
import { waitsText } from '../quotas.ts'
import type { Perform, Session } from '../session.ts'
import { count, oneLine } from '../text.ts'

export function addRun(program: Command, perform: Perform): void {
  program
    .command('run')
    .description('Detect changes, deliver until nothing is left, then stop')
    .argument('[syncs...]', 'syncs to run, in this order (default: all)')
    .option('--allow <n>', 'new orders allowed beyond the guard, this time', wholeNumber)
    .action((syncs: string[], options: { allow?: number }, command: Command) =>
      perform(command, async (session) => {
        const progress = openProgress(session)
        const { signal } = session.project
        const report = await session
          .ask((crosswalk) => crosswalk.run(syncs, { kind: 'manual', ...options, signal, progress: progress.show }))
          .finally(progress.end)
        session.answer(report, () => show(report, session))
        if (signal.aborted) session.note('Stopped on request; what is left waits for the next run.')
        return isComplete(report) && !signal.aborted ? 0 : 1
      }),
    )
}

const isComplete = (report: RunReport) =>
  report.problems === 0 && report.waiting === 0 && report.syncs.every((sync) => sync.stopped === null)

function show(report: RunReport, session: Session): string {
  const { paint } = session
  const rows = report.syncs.map(({ sync, found, counts, stopped }) => [
    stopped === null ? { text: '✓', style: paint.green } : { text: '✗', style: paint.red },
    sync,
    String(found),
    countsText(counts),
  ])
  const stops = report.syncs.map(({ sync, stopped }) =>
    stopped === null
      ? ''
      : `\n${paint.bold(oneLine(sync))} stopped early\n${session.failure(stopped)}${advice(sync, stopped.problem.kind)}`,
  )
  const table = session.table(
    [{ title: '' }, { title: 'SYNC' }, { title: 'FOUND', align: 'right' }, { title: 'OUTCOME', flexible: true }],
    rows,
  )
  const left = [
    report.problems === 0
      ? ''
      : `${paint.red(count(report.problems, 'problem'))} ${report.problems === 1 ? 'waits' : 'wait'} for a person: crosswalk problems\n`,
    report.waiting === 0
      ? ''
      : `${paint.yellow(count(report.waiting, 'record'))} ${report.waiting === 1 ? 'waits' : 'wait'} for later: crosswalk status\n`,
    waitsText(report.waits, session),
    report.elsewhere === 0 ? '' : session.prose(elsewhere(report.elsewhere)),
  ].join('')
  return table + stops.join('') + (left === '' ? '' : `\n${left}`)
}

const elsewhere = (records: number) =>
  `${count(records, 'record')} ${records === 1 ? 'is' : 'are'} left to another run. Should it have broken off, the next one takes them over a minute later; nothing is lost.`

const advice = (sync: string, kind: string) =>
  kind === 'guard_tripped' ? `  To resume it: crosswalk resume ${sync} --allow <n>\n` : ''
