import type { Command } from 'commander'
import { createPatch, OMIT_HEADERS } from 'diff'
import type { Crosswalk } from '../../app/crosswalk.ts'
import { findingLines } from '../findings.ts'
import type { Perform, Session } from '../session.ts'
import { count, printable } from '../text.ts'

type Planned = Awaited<ReturnType<Crosswalk['plan']>>

export function addPlan(program: Command, perform: Perform): void {
  program
    .command('plan')
    .description('Show what publishing the files on disk would change, text against text; changes nothing')
    .action((_options: object, command: Command) =>
      perform(command, async (session) => {
        const planned = await session.ask((crosswalk) => crosswalk.plan())
        const { files, findings, tests } = planned
        session.answer(planned, () => planText(planned, session), { whole: true })
        const ran = tests.length === 0 ? '' : `${count(tests.length, 'test')} ran. `
        session.note(
          findings.length > 0
            ? `${count(findings.length, 'finding')}: it would not be published.`
            : files.length === 0
              ? 'Nothing differs from what is published.'
              : `${ran}Nothing has changed: \`crosswalk apply\` publishes it.`,
        )
        return findings.length === 0 ? 0 : 1
      }),
    )
}

function planText({ files, findings, warnings }: Planned, session: Session): string {
  const whole = { whole: session.deps.outColumns === null }
  const parts = files.map((file) => diffText(file, session))
  if (findings.length > 0) parts.push(findingLines(findings, session, whole))
  if (warnings.length > 0) parts.push(findingLines(warnings, session, whole))
  return parts.join('\n')
}

/** As programs print patches, in their colours. */
function diffText({ path, before, after }: Planned['files'][number], session: Session): string {
  const { bold, dim, green, red } = session.paint
  const asItIs = (line: string) => line
  const colours: Readonly<Record<string, (line: string) => string>> = { '+': green, '-': red, '@': dim }
  const mark = before === null ? 'new' : after === null ? 'removed' : 'changed'
  const patch = createPatch(path, before ?? '', after ?? '', undefined, undefined, {
    context: 3,
    headerOptions: OMIT_HEADERS,
  })
  const shown = printable(patch)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (colours[line.charAt(0)] ?? asItIs)(line))
  return `${bold(path)} ${dim(mark)}\n${shown.join('\n')}\n`
}
