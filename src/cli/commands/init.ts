import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { parseDocument } from 'yaml'
import type { Preview } from '../../app/engine/preview.ts'
import type { PublishFinding } from '../../app/project/check.ts'
import { type Change, editYaml } from '../../app/project/edit-yaml.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { SetupStep } from '../../ports/connector.ts'
import { systemOption } from '../arguments.ts'
import { type Connected, connect, type Subject } from '../connect.ts'
import { passed } from '../connection-text.ts'
import type { CliDeps, ExitCode } from '../deps.ts'
import { findingLines } from '../findings.ts'
import type { Prompts } from '../prompts.ts'
import type { Perform, Session } from '../session.ts'
import { askedSettings, configText, type Side } from '../template.ts'
import { count } from '../text.ts'
import { replaceFile, textOf, withVariables } from '../variables.ts'
import { previewText } from './preview.ts'

type Mode = 'live' | 'shadow'
interface Options {
  readonly crm?: string
  readonly erp?: string
  readonly mode?: Mode
  readonly setup: boolean
  readonly offline: boolean
  readonly yes: boolean
  readonly force: boolean
}
type System = CliDeps['systems'][number]

/** A project whose connections were asked for and tried, ready to be written. */
interface Draft {
  readonly text: string
  /** Null where the file is as it is wanted. */
  readonly before: string | null
  readonly connections: readonly Connected[]
  /** Of the CRM. */
  readonly crm: string
  readonly mode: Mode
}

export function addInit(program: Command, perform: Perform, { systems }: CliDeps): void {
  program
    .command('init')
    .description('Set up a project: ask for both systems, try each, and show a first deal as a dry run')
    .addOption(systemOption('crm', systems))
    .addOption(systemOption('erp', systems))
    .addOption(
      new Option('--mode <mode>', 'shadow (default) is a dry run: it plans and reports, and writes nothing').choices([
        'shadow',
        'live',
      ]),
    )
    .option('--setup', 'create the write-back fields in the CRM', false)
    .option('--offline', 'try nothing, write the configuration alone', false)
    .option('--yes', 'do not ask: take what the environment and .env have', false)
    .option('--force', 'begin anew, over a configuration that is there', false)
    .action((options: Options, command: Command) => perform(command, (session) => init(options, session)))
}

async function init(options: Options, session: Session): Promise<ExitCode> {
  const { config } = session.project
  const file = resolve(session.deps.cwd, config)
  const prompts = options.yes || session.options.json ? null : session.deps.prompts
  const before = await textOf(file)
  const draft =
    before === null || options.force
      ? await begin(options, prompts, session)
      : await goOn(before, options, prompts, session)
  if (draft === null) {
    session.note(before === null ? 'Nothing was written.' : 'Nothing was changed.')
    return 1
  }
  const checks = draft.connections.flatMap(({ check }) => check ?? [])
  // Nobody is there to decide what is to become of a connection that does not work.
  if (prompts === null && !checks.every(passed)) {
    session.answer({ file: config, environment: [], checks, written: false }, () => '')
    session.note(
      `${before === null ? 'Nothing was written' : 'Nothing was changed'}. Correct what is named above and run it again; with --offline nothing is tried.`,
    )
    return 1
  }
  const envFile = session.deps.envFile(file)
  const secrets = await write(draft, file, envFile, session)
  session.tell(
    `\n${session.paint.green('✓')} ${draft.text === draft.before ? `${config} is as it was` : `Wrote ${session.paint.bold(config)}`}${secrets ? ', and .env beside its folder, for you alone to read' : ''}\n`,
  )
  const missing = draft.connections.flatMap((one) => one.missing)
  const ready = missing.length === 0 && checks.length === draft.connections.length && checks.every(passed)
  const look = ready ? await lookAround(draft, options, prompts, session) : null
  session.answer({ file: config, environment: missing, written: true, mode: draft.mode, checks, ...look }, () =>
    report(draft, missing, look, session),
  )
  return checks.every(passed) && (look === null || look.findings.length === 0) ? 0 : 1
}

/** A new project. @returns null when the person gave up */
async function begin(options: Options, prompts: Prompts | null, session: Session): Promise<Draft | null> {
  const crm = await chooseSystem('crm', options.crm, prompts, session)
  if (crm === null) return null
  const erp = await chooseSystem('erp', options.erp, prompts, session)
  if (erp === null) return null
  const connections: Connected[] = []
  for (const system of [crm, erp]) {
    const subject = {
      ...{ name: system.name, system: system.name, title: system.title, asked: askedSettings(system) },
      ...{ fixed: {}, current: new Map<string, string>(), elsewhere: new Set<string>(), offers: true },
    }
    const connected = await connect(subject, { prompts, offline: options.offline }, session)
    if (connected === null) return null
    connections.push(connected)
  }
  // Live is asked for by name alone: no key that is hit by mistake makes orders.
  const mode = options.mode ?? 'shadow'
  const [first, second] = connections
  if (first === undefined || second === undefined) throw new Error('both systems were asked for')
  const text = configText({
    crm: { system: crm, settings: settingsOf(first) },
    erp: { system: erp, settings: settingsOf(second) },
    ...{ mode, timeZone: session.deps.timeZone, where: new Map([...first.where]) },
  })
  return { text, before: null, connections, crm: crm.name, mode }
}

/** What stands in the file: what was typed and is no secret, else the variable. */
function settingsOf({ subject, typed, given, chosen }: Connected): Side['settings'] {
  const asked = subject.asked.flatMap(
    ({ name, variable, secret, required }): [string, Json | { variable: string }][] => {
      const value = typed.get(name)
      if (value !== undefined && !secret) return [[name, value]]
      return required || given.has(name) || value !== undefined ? [[name, { variable }]] : []
    },
  )
  return new Map([...asked, ...chosen])
}

async function chooseSystem(role: 'crm' | 'erp', given: string | undefined, prompts: Prompts | null, session: Session) {
  const candidates = session.deps.systems.filter((system) => system.role === role)
  const named = candidates.find((system) => system.name === given)
  if (named !== undefined) return named
  const title = role.toUpperCase()
  if (prompts === null) {
    const known = candidates.map((system) => `--${role} ${system.name}`).join(', ')
    session.misuse(`Which ${title}?`, `Name it: ${known}.`)
  }
  const answer = await prompts.choose(
    `Which ${title}?`,
    candidates.map((system) => ({ value: system.name, label: system.title })),
  )
  return candidates.find((system) => system.name === answer) ?? null
}

const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/

/** A project that is there: it is kept, and what it lacks is asked for. @returns null when the person gave up */
async function goOn(
  before: string,
  options: Options,
  prompts: Prompts | null,
  session: Session,
): Promise<Draft | null> {
  const { config } = session.project
  const document = parseDocument(before)
  const parts = document.errors.length > 0 ? null : (document.toJS() as Json)
  const connections = isObject(parts) && isObject(parts.connections) ? Object.entries(parts.connections) : []
  const found = connections.flatMap(([name, one]) => {
    const system = session.deps.systems.find((candidate) => isObject(one) && candidate.name === one.system)
    return system === undefined ? [] : [{ name, system, settings: settingsIn(one) }]
  })
  const crm = found.find(({ system }) => system.role === 'crm')
  if (crm === undefined || found.length < connections.length) {
    session.misuse(
      `${config} is there already, and it is not one that can be gone on with`,
      'Correct it (`crosswalk check` names its mistakes), name another file with --config, or begin anew with --force.',
    )
  }
  for (const role of ['crm', 'erp'] as const) {
    const wanted = options[role]
    if (wanted === undefined || found.some(({ system }) => system.name === wanted)) continue
    session.misuse(
      `${config} is there already, and does not connect ${wanted}`,
      'Name another file with --config, or begin anew with --force.',
    )
  }
  session.note(`${config} is there already: it is kept, and what it lacks is asked for.`)
  const connected: Connected[] = []
  for (const { name, system, settings } of found) {
    const one = await connect(subjectIn(name, system, settings), { prompts, offline: options.offline }, session)
    if (one === null) return null
    connected.push(one)
  }
  const modes = modesIn(parts, options.mode)
  const changes = [...modes.changes]
  for (const { subject, typed, given } of connected) {
    const settings = found.find(({ name }) => name === subject.name)?.settings ?? {}
    for (const { name, secret, variable: key } of subject.asked) {
      const value = typed.get(name)
      const path = ['connections', subject.name, 'settings', name]
      const isThere = Object.hasOwn(settings, name)
      if (value !== undefined && !secret && (subject.current.has(name) || !isThere)) changes.push({ path, value })
      else if (!isThere && (given.has(name) || value !== undefined)) changes.push({ path, value: `\${${key}}` })
    }
  }
  return { text: editYaml(before, changes), before, connections: connected, crm: crm.name, mode: modes.mode }
}

const settingsIn = (connection: Json): JsonObject =>
  isObject(connection) && isObject(connection.settings) ? connection.settings : {}

function subjectIn(name: string, system: System, settings: JsonObject): Subject {
  const current = new Map<string, string>()
  const elsewhere = new Set<string>()
  const asked = askedSettings(system).flatMap((one) => {
    const value = settings[one.name]
    if (value === undefined) return [one]
    if (typeof value !== 'string') return []
    const named = variable.exec(value)?.[1]
    if (named !== undefined) {
      elsewhere.add(one.name)
      return [{ ...one, variable: named }]
    }
    // A secret that stands in the file is not replaced by one in .env.
    if (one.secret) return []
    current.set(one.name, value)
    return [one]
  })
  const names = new Set(asked.map((one) => one.name))
  const fixed = Object.fromEntries(Object.entries(settings).filter(([setting]) => !names.has(setting)))
  return { name, system: system.name, title: system.title, asked, fixed, current, elsewhere, offers: false }
}

/** The mode of the syncs; they are all set to the one that is asked for by name. */
function modesIn(parts: Json, wanted: Mode | undefined): { mode: Mode; changes: readonly Change[] } {
  const syncs = isObject(parts) && isObject(parts.syncs) ? Object.entries(parts.syncs) : []
  const now = syncs.map(([name, sync]) => ({ name, mode: isObject(sync) ? (sync.mode ?? 'live') : 'live' }))
  const changes =
    wanted === undefined
      ? []
      : now.filter(({ mode }) => mode !== wanted).map(({ name }) => ({ path: ['syncs', name, 'mode'], value: wanted }))
  return { mode: wanted ?? (now.some(({ mode }) => mode === 'live') ? 'live' : 'shadow'), changes }
}

/** Secrets first, so that there is never a configuration without what it names. @returns whether there were any */
async function write(
  { text, before, connections }: Draft,
  file: string,
  envFile: string,
  session: Session,
): Promise<boolean> {
  const secrets = new Map(
    connections.flatMap(({ subject, typed }) =>
      subject.asked.flatMap(({ name, variable: key, secret }): [string, string][] => {
        const value = typed.get(name)
        const isInFile = !secret && !subject.elsewhere.has(name)
        return value === undefined || isInFile ? [] : [[key, value]]
      }),
    ),
  )
  if (secrets.size > 0) await replaceFile(envFile, withVariables((await textOf(envFile)) ?? '', secrets), 0o600)
  if (text !== before) {
    await mkdir(dirname(file), { recursive: true })
    await replaceFile(file, text)
  }
  const environment = await session.deps.environment(file)
  const hidden = [...secrets].flatMap(([name, value]) => (environment[name] === value ? [] : [name]))
  if (hidden.length > 0) {
    const [one = ''] = hidden
    session.note(
      `${hidden.join(', ')} is set to something else in this shell, which counts before .env: \`unset ${one}\``,
    )
  }
  return secrets.size > 0
}

interface Look {
  readonly setup: readonly SetupStep[] | null
  /** Mistakes; what is a warning keeps nothing from working. */
  readonly findings: readonly PublishFinding[]
  /** Null where no deal is won yet. */
  readonly preview: Preview | null
}

/** Sets up the CRM where that is wanted, checks the mappings against both accounts, and plans the newest won deal. */
async function lookAround(draft: Draft, options: Options, prompts: Prompts | null, session: Session): Promise<Look> {
  const crm = draft.connections.find(({ subject }) => subject.name === draft.crm)
  const wanted =
    crm?.sets === true &&
    (options.setup ||
      (await prompts?.confirm(
        `Create the fields in ${crm.subject.title} that show order, progress and problems on a deal? (y; later: crosswalk setup ${draft.crm})`,
      )) === true)
  session.note('Opening the ledger, and checking the mappings against both accounts …')
  return session.ask(async (crosswalk) => {
    const setup = wanted ? await crosswalk.setup(draft.crm) : null
    const findings = (await crosswalk.lint({ offline: false })).filter(({ level }) => level === 'error')
    const newest = await crosswalk.newestWon()
    const preview = newest === null ? null : await crosswalk.preview(newest.id, { record: 'deal', backfill: true })
    return { setup, findings, preview }
  })
}

function report(draft: Draft, missing: readonly string[], look: Look | null, session: Session): string {
  const { green, yellow, bold } = session.paint
  const parts: string[] = []
  if (look !== null) {
    const { setup, findings, preview } = look
    const created = setup?.filter(({ outcome }) => outcome === 'created').length ?? 0
    if (setup !== null) parts.push(`${green('✓')} ${draft.crm} has the write-back fields; ${created} were created\n`)
    parts.push(
      findings.length === 0
        ? `${green('✓')} The mappings fit both accounts\n`
        : `${yellow('!')} ${count(findings.length, 'finding')} in the mappings:\n${findingLines(findings, session, { whole: false })}`,
    )
    parts.push(
      preview === null
        ? session.prose('No deal is won yet. Once one is, `crosswalk preview deal <id>` shows what would become of it.')
        : `\n${bold('The deal that was won last, as a dry run:')}\n\n${previewText('deal', preview, session)}`,
    )
  }
  return `${parts.length === 0 ? '' : `${parts.join('')}\n`}${bold('Next:')}\n${nextSteps(draft, missing, look, session)}`
}

function nextSteps(
  { crm, mode, connections }: Draft,
  missing: readonly string[],
  look: Look | null,
  session: Session,
): string {
  const deal = look?.preview?.recordId
  const sets = connections.some((one) => one.sets)
  const steps: (readonly [string, string] | null)[] =
    look === null
      ? [
          ...missing.map((name) => [`${name}=…`, 'a line of .env, or a variable of the environment'] as const),
          ['crosswalk init', missing.length > 0 ? 'goes on once these are set' : 'goes on once both systems answer'],
        ]
      : [
          sets && look.setup === null ? [`crosswalk setup ${crm}`, 'creates the write-back fields on deals'] : null,
          look.findings.length > 0 ? ['crosswalk lint', 'checks the mappings again'] : null,
          ['crosswalk preview deal <id> --backfill', 'what would be written for any deal'],
          ['crosswalk start', 'runs until it is stopped'],
          mode === 'shadow' ? ['crosswalk init --mode live', 'once the plans look right: orders are made'] : null,
          deal === undefined
            ? null
            : [`crosswalk backfill deals --deal ${deal}`, 'queues the deal above, an older one'],
          deal === undefined ? null : ['crosswalk run', 'delivers what is due, and ends'],
        ]
  const shown = steps.filter((step) => step !== null)
  const table = session.table(
    [{ title: '' }, { title: '', flexible: true }],
    shown.map(([command, why]) => [command, { text: why, style: session.paint.dim }]),
    2,
  )
  if (mode === 'live') return table
  return `${table}\n${session.prose('It is in shadow mode, a dry run that writes nothing.')}`
}
