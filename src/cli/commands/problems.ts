import { type Command, Option } from 'commander'
import { type ProblemKind, problemTitles } from '../../core/problem.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { OpenProblem } from '../../ports/ledger/problems.ts'
import { wholeNumber } from '../arguments.ts'
import type { Perform, Session } from '../session.ts'
import { count, oneLine } from '../text.ts'

export function addProblems(program: Command, perform: Perform): void {
  program
    .command('problems')
    .description('List the problems that need a person: cause, remedy, records')
    .argument('[id]', 'one problem, with all its records')
    .option('--sync <name>', 'of this sync')
    .addOption(new Option('--kind <kind>', 'of this kind').choices(Object.keys(problemTitles)))
    .option('--max <n>', 'how many', wholeNumber, 50)
    .action((id: string | undefined, options: { sync?: string; kind?: ProblemKind; max: number }, command: Command) =>
      perform(command, (session) => (id === undefined ? list(options, session) : one(id, session))),
    )
}

async function list(filter: { sync?: string; kind?: ProblemKind; max: number }, session: Session): Promise<0> {
  const problems = await session.ask((crosswalk) => crosswalk.problems(filter))
  session.answer(problems, () =>
    problems.length === 0
      ? `${session.paint.green('✓')} No problems.\n`
      : problems.map((problem) => show(problem, problem.records, session)).join('\n'),
  )
  if (problems.length > 0) session.note('\nOnce the cause is fixed: crosswalk retry <id>')
  return 0
}

async function one(id: string, session: Session): Promise<0 | 1> {
  const found = await session.ask((crosswalk) => crosswalk.problem(id))
  session.answer(found, () =>
    found === null ? `There is no open problem ${oneLine(id)}.\n` : show(found.problem, found.waiting, session),
  )
  return found === null ? 1 : 0
}

function show(problem: OpenProblem, records: readonly RecordRef[], session: Session): string {
  const { paint } = session
  const id = oneLine(problem.id)
  const indent = id.length + 2
  const space = ' '.repeat(indent)
  const facts = [
    oneLine(problem.sync),
    ...(problem.waiting === 0 ? [] : [count(problem.waiting, 'record')]),
    ...(problem.field === null ? [] : [`field ${oneLine(problem.field)}`]),
    `since ${session.age(problem.firstSeen)}`,
    `last seen ${session.age(problem.lastSeen)}`,
  ].join(' · ')
  const hidden = problem.waiting - records.length
  const shown = records.map((record) => oneLine(record.id)).join(' ') + (hidden > 0 ? ` and ${hidden} more` : '')
  return (
    `${paint.bold(id)}  ${paint.red(problemTitles[problem.kind])}\n` +
    session.prose(facts, { indent, first: space, style: paint.dim }) +
    session.prose(problem.message, { indent, first: space }) +
    session.prose(`What to do: ${problem.fix}`, { indent, first: space }) +
    (records.length === 0 ? '' : session.prose(`Records: ${shown}`, { indent, first: space }))
  )
}
