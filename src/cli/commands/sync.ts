import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Publication } from '../../app/project/projects.ts'
import type { SyncChange, SyncDetails } from '../../app/sync-details.ts'
import { wholeNumber } from '../arguments.ts'
import { countsText } from '../counts.ts'
import { findingLines } from '../findings.ts'
import type { Perform, Session } from '../session.ts'
import { count, oneLine } from '../text.ts'

interface Options {
  readonly mode?: 'live' | 'shadow'
  readonly cron?: string
  readonly zone?: string
  readonly schedule: boolean
  readonly perHour?: number
  readonly policy?: Readonly<Record<string, string>>
  readonly note?: string
}

export function addSync(program: Command, perform: Perform): void {
  program
    .command('sync')
    .description('Show all that is in force of a sync, or change it and publish that')
    .argument('<sync>')
    .addOption(new Option('--mode <mode>', 'write, or plan only').choices(['live', 'shadow']))
    .option('--cron <expression>', 'its schedule: five fields, or six with seconds first')
    .option('--zone <zone>', 'of its schedule: Europe/Berlin')
    .option('--no-schedule', 'leave it to webhooks and to `crosswalk run`')
    .option('--per-hour <n>', 'new orders an hour that its guard lets through', wholeNumber)
    .option('--policy <name=choice>', 'a policy, such as amended.confirmed=problem; once for each', choice)
    .option('--note <text>', 'what the change is for')
    .action((sync: string, options: Options, command: Command) =>
      perform(command, async (session) => {
        if (options.cron !== undefined && !options.schedule)
          return session.misuse('With a schedule or without?', 'Give either --cron or --no-schedule.')
        if (options.zone !== undefined && options.cron === undefined)
          return session.misuse('--zone belongs to a schedule', 'Give the --cron as well.')
        const change = changeOf(options)
        if (Object.keys(change).length === 0) {
          const shown = await session.ask((crosswalk) => crosswalk.sync(sync))
          session.answer(shown, () => show(shown, session))
          return 0
        }
        const { note } = options
        const published = await session.ask((crosswalk) =>
          crosswalk.changeSync(sync, { ...change, ...(note === undefined ? {} : { note }) }),
        )
        session.answer(published, () => outcome(published, session), { whole: true })
        if (published.revision === null) {
          session.note(`${count(published.findings.length, 'finding')}. Nothing was changed.`)
          return 1
        }
        session.note('Running servers take it over within seconds. The file on disk stays as it was.')
        if (change.mode === 'live') session.note(`What it planned is delivered by \`crosswalk run ${sync}\`.`)
        return 0
      }),
    )
}

function choice(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It takes a name=choice.')
  return { ...before, [name]: value }
}

const changeOf = ({ mode, cron, zone = 'UTC', schedule, perHour, policy }: Options): SyncChange => ({
  ...(mode === undefined ? {} : { mode }),
  ...(cron === undefined ? {} : { schedule: { cron, timeZone: zone } }),
  ...(schedule ? {} : { schedule: null }),
  ...(perHour === undefined ? {} : { perHour }),
  ...(policy === undefined ? {} : { policies: policy }),
})

function outcome({ revision, findings }: Publication, session: Session): string {
  if (revision === null) return findingLines(findings, session, { whole: session.deps.outColumns === null })
  return session.prose(`Revision ${revision.number} is in force: ${revision.note ?? ''}`, {
    indent: 2,
    first: `${session.paint.green('✓')} `,
  })
}

type Fact = readonly [name: string, text: string]

function show(sync: SyncDetails, session: Session): string {
  const { bold } = session.paint
  const { policies, shadow } = sync
  return [
    `${bold(oneLine(sync.sync))}\n${block(factsOf(sync, session), session)}`,
    ...(policies.length === 0
      ? []
      : [
          `${bold('Policies')}\n${block(
            policies.map(({ name, value, choices }): Fact => [name, policyText(value, choices)]),
            session,
          )}`,
        ]),
    ...(shadow === null ? [] : [planned(shadow, session)]),
  ].join('\n')
}

function block(facts: readonly Fact[], session: Session): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  return facts
    .map(([name, text]) =>
      session.prose(oneLine(text), { indent: width + 4, first: `  ${session.paint.dim(name.padEnd(width))}  ` }),
    )
    .join('')
}

function factsOf(sync: SyncDetails, session: Session): readonly Fact[] {
  const { schedule, guard, heldBecause, where, lanes, problems, backfill, mappings } = sync
  const [last] = sync.runs
  const facts: Fact[] = []
  const tell = (name: string, text: string) => void facts.push([name, text])
  tell('way', `${sync.from} → ${sync.to}, ${sync.document}`)
  tell('mode', sync.mode === 'live' ? 'live' : 'shadow: it plans, and writes nothing')
  if (heldBecause !== null) tell('held', heldBecause)
  tell('since', session.time(sync.since))
  for (const [path, value] of Object.entries(where ?? {})) tell('where', `${path}: ${JSON.stringify(value)}`)
  tell('schedule', schedule === null ? 'none' : `${schedule.cron} ${schedule.timeZone}`)
  if (schedule !== null) tell('next times', schedule.next.map((at) => session.time(at)).join(', '))
  if (guard !== null)
    tell('guard', `${guard.used} of ${guard.perHour.toLocaleString('en')} new orders in the last hour`)
  tell('batch', count(sync.batch, 'record'))
  const waits = lanes.map(({ lane, due, later, inWork }) => `${lane}: ${due} due, ${later} later, ${inWork} in work`)
  tell('waiting', waits.length === 0 ? 'nothing' : waits.join('; '))
  tell('problems', problems.count === 0 ? 'none' : `${problems.count}: \`crosswalk problems --sync ${sync.sync}\``)
  if (last !== undefined) tell('last run', `${session.age(last.startedAt)}, ${last.kind}, ${countsText(last.counts)}`)
  if (backfill !== null) {
    const { found, left, run } = backfill
    tell('backfill', `${session.age(run.startedAt)}, ${found - left} of ${count(found, 'deal')} done, ${left} to go`)
  }
  tell('mappings', mappings.map(({ path }) => path).join(', '))
  return facts
}

/** What is in force, and what else could be. */
function policyText(value: unknown, choices: readonly string[]): string {
  const others = choices.filter((one) => one !== value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return others.length === 0 ? text : `${text} (or ${others.join(', ')})`
}

function planned({ counts, planned: plans }: NonNullable<SyncDetails['shadow']>, session: Session): string {
  const lines = plans.map(({ at, text }) =>
    session.prose(`${session.age(at)}: ${oneLine(text)}`, { indent: 4, first: '  ' }),
  )
  return `${session.paint.bold('In shadow it would have')}\n  ${countsText(counts)}\n${lines.join('')}`
}
