import type { Command } from 'commander'
import type { Publication } from '../../app/project/projects.ts'
import { wholeNumber } from '../arguments.ts'
import { findingLines } from '../findings.ts'
import type { Perform, Session } from '../session.ts'
import { count, oneLine } from '../text.ts'

export function addPublish(program: Command, perform: Perform): void {
  program
    .command('publish')
    .alias('apply')
    .description('Check the files of the project and have running servers take them over, all or nothing')
    .option('--note <text>', 'what it is for, as the list shows it')
    .option('--revert <revision>', 'publish the files of this revision again instead', wholeNumber)
    .option('--list', 'show what was published instead', false)
    .option('--max <n>', 'how many of the list', wholeNumber, 20)
    .action((options: { note?: string; revert?: number; list: boolean; max: number }, command: Command) =>
      perform(command, async (session) => {
        if (options.list) return list(options.max, session)
        const { note, revert } = options
        const noted = note === undefined ? {} : { note }
        const published = await session.ask((crosswalk) =>
          revert === undefined ? crosswalk.publish(null, noted) : crosswalk.revert(revert, noted),
        )
        const { findings } = published
        session.answer(published, () => show(published, session), { whole: true })
        session.note(
          findings.length === 0
            ? 'Running servers take it over within seconds.'
            : `${count(findings.length, 'finding')}. Nothing was published.`,
        )
        return findings.length === 0 ? 0 : 1
      }),
    )
}

function show({ findings, revision, changes }: Publication, session: Session): string {
  if (revision === null) return findingLines(findings, session, { whole: session.deps.outColumns === null })
  const { green, dim } = session.paint
  const title = `${green('✓')} Revision ${revision.number} is in force\n`
  if (changes.length === 0) return `${title}No file differs from the revision before.\n`
  return (
    title +
    session.table(
      [{ title: 'CHANGE' }, { title: 'FILE', flexible: true }],
      changes.map(({ path, change }) => [{ text: change, style: dim }, path]),
      2,
    )
  )
}

const changesText = ([first = '–', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} and ${more.length} more`

async function list(max: number, session: Session): Promise<0> {
  const { dim } = session.paint
  const revisions = await session.ask((crosswalk) => crosswalk.revisions({ max }))
  session.answer(revisions, () =>
    revisions.length === 0
      ? 'Nothing was published yet.\n'
      : session.table(
          [
            { title: 'REVISION', align: 'right' },
            { title: `AT (${session.zone})` },
            { title: 'BY' },
            { title: 'NOTE' },
            { title: 'CHANGES', flexible: true },
          ],
          revisions.map(({ number, at, actor, note, changes }) => [
            String(number),
            session.time(at),
            actor === null ? { text: '–', style: dim } : actor,
            oneLine(note ?? ''),
            changesText(changes.map(({ path }) => path)),
          ]),
        ),
  )
  return 0
}
