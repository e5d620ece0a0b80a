import { type Command, Option } from 'commander'
import type { SeenProblem } from '../../app/problems/problems.ts'
import { type ProblemKind, problemTitles } from '../../core/problem.ts'
import type { ProblemEnd, ProblemState } from '../../core/problem-life.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { ProblemDeed } from '../../ports/ledger/problems.ts'
import { wholeNumber } from '../arguments.ts'
import type { Perform, Session } from '../session.ts'
import { count, oneLine } from '../text.ts'

interface Options {
  readonly sync?: string
  readonly kind?: ProblemKind
  readonly assignee?: string
  readonly muted?: true
  readonly closed?: true
  readonly max: number
}

export function addProblems(program: Command, perform: Perform): void {
  program
    .command('problems')
    .description('List the problems that need a person: cause, remedy, records')
    .argument('[id]', 'one problem, with all its records and what people did about it')
    .option('--sync <name>', 'of this sync')
    .addOption(new Option('--kind <kind>', 'of this kind').choices(Object.keys(problemTitles)))
    .option('--assignee <user>', 'that this user takes care of')
    .option('--muted', 'only those that are muted')
    .addOption(new Option('--closed', 'those that are closed, the newest first, and how').conflicts('muted'))
    .option('--max <n>', 'how many', wholeNumber, 50)
    .action((id: string | undefined, options: Options, command: Command) =>
      perform(command, (session) => (id === undefined ? list(options, session) : one(id, session))),
    )
}

async function list({ muted, closed, ...filter }: Options, session: Session): Promise<0> {
  const state = closed === true ? 'closed' : muted === true ? 'muted' : null
  const problems = await session.ask((crosswalk) => crosswalk.problems(state === null ? filter : { ...filter, state }))
  session.answer(problems, () =>
    problems.length === 0
      ? `${session.paint.green('✓')} ${state === null ? 'No problems.' : `No problems that are ${state}.`}\n`
      : problems.map((problem) => show(problem, problem.records, session)).join('\n'),
  )
  if (problems.length > 0 && state === null) session.note('\nOnce the cause is fixed: crosswalk retry <id>')
  return 0
}

async function one(id: string, session: Session): Promise<0 | 1> {
  const found = await session.ask((crosswalk) => crosswalk.problem(id))
  session.answer(found, () =>
    found === null
      ? `There is no problem ${oneLine(id)}.\n`
      : show(found.problem, found.waiting, session) + story(found.deeds, session),
  )
  return found === null ? 1 : 0
}

function show(problem: SeenProblem, records: readonly RecordRef[], session: Session): string {
  const { paint } = session
  const id = oneLine(problem.id)
  const indent = id.length + 2
  const space = ' '.repeat(indent)
  const facts = [
    ...(statesShown.includes(problem.state) ? [problem.state] : []),
    oneLine(problem.sync),
    ...(problem.waiting === 0 ? [] : [count(problem.waiting, 'record')]),
    ...(problem.field === null ? [] : [`field ${oneLine(problem.field)}`]),
    `since ${session.age(problem.firstSeen)}`,
    `last seen ${session.age(problem.lastSeen)}`,
    ...(problem.cameBack === 0 ? [] : [`came back ${count(problem.cameBack, 'time')}`]),
    ...(problem.assignee === null ? [] : [`assigned to ${oneLine(problem.assignee)}`]),
  ].join(' · ')
  const hidden = problem.waiting - records.length
  const shown = records.map((record) => oneLine(record.id)).join(' ') + (hidden > 0 ? ` and ${hidden} more` : '')
  const line = (text: string) => session.prose(text, { indent, first: space })
  return (
    `${paint.bold(id)}  ${(problem.isOpen ? paint.red : paint.green)(problemTitles[problem.kind])}\n` +
    session.prose(facts, { indent, first: space, style: paint.dim }) +
    line(problem.message) +
    (problem.isOpen ? line(`What to do: ${problem.fix}`) : line(endText(problem, session))) +
    (problem.state === 'muted' && problem.mute !== null ? line(muteText(problem.mute, session)) : '') +
    (records.length === 0 ? '' : line(`Records: ${shown}`))
  )
}

/** The others are told by what else is said. */
const statesShown: readonly ProblemState[] = ['new', 'escalating', 'muted', 'closed']

function muteText({ at, by, because, until }: NonNullable<SeenProblem['mute']>, session: Session): string {
  const day = until === null ? '' : ` or ${until}`
  return `Muted ${session.age(at)}${byText(by)} until it gets worse${day}: ${oneLine(because)}`
}

const endTexts: Readonly<Record<ProblemEnd, string>> = {
  by_itself: 'it went through by itself',
  retried: 'retried',
  entry_added: 'entry added to a table',
  customer_linked: 'customer linked',
  accepted: 'difference accepted',
  overwritten: 'order overwritten',
  ignored: 'values not watched any more',
  resumed: 'sync resumed',
  compared: 'both systems compared',
  mappings_changed: 'mappings changed',
  not_configured: 'not configured any more',
  other_problem: 'its records wait on another problem now',
}

const deedTexts: Readonly<Record<ProblemDeed['deed'], string>> = {
  ...endTexts,
  assigned: 'assigned',
  unassigned: 'assigned to nobody',
  muted: 'muted',
  unmuted: 'no longer muted',
}

function endText({ closedAt, closedHow, closedBy }: SeenProblem, session: Session): string {
  const how = closedHow === null ? 'how is not known' : `${endTexts[closedHow]}${byText(closedBy)}`
  return `Closed${closedAt === null ? '' : ` ${session.age(closedAt)}`}: ${how}`
}

const byText = (actor: string | null) => (actor === null ? '' : ` by ${oneLine(actor)}`)

function story(deeds: readonly ProblemDeed[], session: Session): string {
  const lines = deeds.map(({ at, deed, actor, about }) => {
    const what = deed === 'assigned' ? ` to ${oneLine(about ?? '')}` : about === null ? '' : `: ${oneLine(about)}`
    return session.prose(`${session.time(at)}  ${deedTexts[deed]}${byText(actor)}${what}`, { indent: 2, first: '  ' })
  })
  return lines.length === 0 ? '' : `\nWhat was done:\n${lines.join('')}`
}
