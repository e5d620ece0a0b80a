import type { Command } from 'commander'
import type { Crosswalk } from '../../app/crosswalk.ts'
import { wholeNumber } from '../arguments.ts'
import { findingLines } from '../findings.ts'
import { shortJson } from '../json-view.ts'
import type { Perform, Session } from '../session.ts'
import { count, oneLine } from '../text.ts'

type Trial = Awaited<ReturnType<Crosswalk['tryDraft']>>

export function addReplay(program: Command, perform: Perform): void {
  program
    .command('replay')
    .description('Try the files on disk on real records: what would come out differently from what is published')
    .argument('[id...]', 'these records instead of the newest')
    .option('--sync <name>', 'whose records; the first that delivers deals, unless given')
    .option('--last <n>', 'how many of the newest records with an order', wholeNumber, 50)
    .action((records: string[], options: { sync?: string; last: number }, command: Command) =>
      perform(command, async (session) => {
        const tried = await session.ask((crosswalk) => crosswalk.tryDraft(null, { records, ...options }))
        const { findings } = tried
        session.answer(
          tried,
          () => (findings.length > 0 ? findingLines(findings, session, { whole: false }) : trialText(tried, session)),
          { whole: findings.length > 0 },
        )
        session.note(
          findings.length === 0 ? 'Nothing was written.' : `${count(findings.length, 'finding')}. Nothing was tried.`,
        )
        return findings.length === 0 ? 0 : 1
      }),
    )
}

function trialText({ tried, same, fields, ends }: Trial, session: Session): string {
  const { green, yellow, dim } = session.paint
  const mark = same === tried ? green('✓') : yellow('~')
  const parts = [`${mark} ${same} of ${count(tried, 'record')} come out the same\n`]
  const shown = (side: Trial['fields'][number]['examples'][number]['before']) =>
    side === null ? '–' : `${shortJson(side.value)}${side.name === null ? '' : ` ${side.name}`}`
  if (fields.length > 0)
    parts.push(
      session.table(
        [
          { title: 'FIELD' },
          { title: 'RECORDS', align: 'right' },
          { title: 'FIRST', flexible: true },
          { title: 'BEFORE', flexible: true },
          { title: 'AFTER', flexible: true },
        ],
        fields.map(({ of, field, records, examples: [first] }) => [
          of === 'record' ? field : `${of} ${field}`,
          String(records),
          { text: first === undefined ? '' : oneLine(first.label), style: dim },
          first === undefined ? '' : shown(first.before),
          first === undefined ? '' : shown(first.after),
        ]),
      ),
    )
  if (ends.length > 0)
    parts.push(
      session.table(
        [
          { title: 'RECORD' },
          { title: 'LABEL', flexible: true },
          { title: 'NOW' },
          { title: 'THEN' },
          { title: 'WHY', flexible: true },
        ],
        ends.map(({ record, label, before, after }) => [
          record,
          oneLine(label),
          before.action,
          after.action,
          oneLine((after.failure ?? before.failure)?.message ?? ''),
        ]),
      ),
    )
  return parts.join('\n')
}
