import { resolve } from 'node:path'
import type { ConnectionCheck } from '../app/project/workshop.ts'
import type { Json } from '../core/json.ts'
import type { AccountChoice } from '../ports/connector.ts'
import { connectionText, passed } from './connection-text.ts'
import type { Prompts } from './prompts.ts'
import type { Session } from './session.ts'
import type { AskedSetting } from './template.ts'
import { oneLine } from './text.ts'
import { textOf } from './variables.ts'

/** A connection that is being set up. */
export interface Subject {
  /** Of the connection. */
  readonly name: string
  readonly system: string
  readonly title: string
  readonly asked: readonly AskedSetting[]
  /** Settings that are not asked for. */
  readonly fixed: Readonly<Record<string, Json>>
  /** What asked settings are now, by name, where the configuration says so itself. */
  readonly current: ReadonlyMap<string, string>
  /** Names of asked settings for which the configuration names a variable. */
  readonly elsewhere: ReadonlySet<string>
  /** Whether choices are offered. */
  readonly offers: boolean
}

/** What came of it. */
export interface Connected {
  readonly subject: Subject
  /** What a person typed, by the name of the setting. */
  readonly typed: ReadonlyMap<string, string>
  /** Names of asked settings whose variable the environment has. */
  readonly given: ReadonlySet<string>
  /** Variables without which there is no connection, and which nothing sets. */
  readonly missing: readonly string[]
  /** Further settings that were chosen. */
  readonly chosen: ReadonlyMap<string, Json>
  readonly where: ReadonlyMap<string, readonly (string | number)[]>
  /** Null where it was not tried. */
  readonly check: ConnectionCheck | null
  readonly sets: boolean
}

interface How {
  /** Null where nobody is there to be asked. */
  readonly prompts: Prompts | null
  readonly offline: boolean
}

/**
 * Asks for what a connection needs, tries it, asks again until it works, and offers what its account has.
 * @returns null when the person gave up
 */
export async function connect(subject: Subject, how: How, session: Session): Promise<Connected | null> {
  const { prompts } = how
  const environment = await session.deps.environment(resolve(session.deps.cwd, session.project.config))
  const typed = new Map<string, string>()
  const given = new Set(subject.asked.flatMap(({ name, variable }) => (environment[variable] ? [name] : [])))
  const valueNow = ({ name, variable }: AskedSetting) =>
    typed.get(name) ?? subject.current.get(name) ?? (given.has(name) ? environment[variable] : undefined)
  const isMissing = (asked: AskedSetting) => asked.required && (valueNow(asked) ?? '') === ''
  const missing = () => subject.asked.filter(isMissing).map(({ variable }) => variable)
  const nothing = { subject, typed, given, chosen: new Map<string, Json>(), where: new Map<string, never[]>() }

  /** @returns false when the person gave up */
  async function ask(which: readonly AskedSetting[]): Promise<boolean> {
    if (prompts === null) return true
    for (const asked of which) {
      const answer = await askOne(asked, subject.title, valueNow(asked), prompts, session)
      if (answer === null || session.project.signal.aborted) return false
      if (answer !== '') typed.set(asked.name, answer)
    }
    return true
  }

  const told = [...given].filter((name) => subject.current.get(name) === undefined)
  if (prompts !== null && told.length > 0) {
    const names = subject.asked.filter(({ name }) => told.includes(name)).map(({ variable }) => variable)
    session.note(`${subject.title}: ${names.join(', ')} from the environment or .env`)
  }
  // In a project that is there, what may stay empty was left empty.
  if (!(await ask(subject.asked.filter((one) => (valueNow(one) ?? '') === '' && (subject.offers || one.required)))))
    return null
  for (;;) {
    if (how.offline || missing().length > 0) return { ...nothing, missing: missing(), check: null, sets: false }
    session.note(`Trying ${subject.title} …`)
    const settings: Record<string, Json> = filledIn(subject.fixed, environment)
    for (const asked of subject.asked) {
      const value = valueNow(asked) ?? ''
      if (value !== '') settings[asked.name] = value
    }
    const { check, choices, sets } = await session.deps.tryConnection(subject.name, subject.system, settings)
    if (session.project.signal.aborted) return null
    session.tell(connectionText(check, session, { all: false }))
    const done = { ...nothing, missing: [], check, sets }
    if (passed(check)) {
      const chosen = subject.offers ? await chooseAll(choices, subject, prompts, session) : { settings: [], where: [] }
      if (chosen === null) return null
      return { ...done, chosen: new Map(chosen.settings), where: new Map(chosen.where) }
    }
    if (prompts === null) return done
    const next = await prompts.choose(`${subject.title} is not ready. What now?`, [
      { value: 'enter', label: 'Enter address and login again' },
      { value: 'again', label: 'Try again', hint: 'once it is mended there' },
      { value: 'on', label: 'Go on all the same', hint: '`crosswalk check` tells when it works' },
      { value: 'stop', label: 'Give up', hint: 'nothing is written' },
    ])
    if (next === null || next === 'stop') return null
    if (next === 'on') return done
    if (next === 'enter' && !(await ask(subject.asked.filter(({ required, name }) => required || typed.has(name)))))
      return null
  }
}

/** Null after Ctrl-C; empty for what stays as it is. */
async function askOne(
  asked: AskedSetting,
  title: string,
  now: string | undefined,
  prompts: Prompts,
  session: Session,
): Promise<string | null> {
  const { name, description, variable, secret, options, fallback, file, required } = asked
  const question = `${title}: ${description}`
  if (options !== null) {
    return prompts.choose(
      question,
      options.map((value) => ({ value, label: value })),
    )
  }
  const hasValue = now !== undefined && now !== ''
  if (!secret) {
    const empty = required ? `taken from ${variable}` : (fallback ?? 'as is usual')
    const answer = await prompts.ask(question, { placeholder: hasValue ? `empty: ${now}` : `empty: ${empty}` })
    return answer === null ? null : answer.trim()
  }
  const how = [
    ...(file ? ['@ and a path reads a file'] : []),
    hasValue ? 'empty: as it was' : `not shown; empty: ${variable} is set later`,
  ]
  const answer = await prompts.askSecret(`${question} (${how.join('; ')})`)
  if (answer === null || !answer.startsWith('@')) return answer === null ? null : answer.trim()
  const text = await textOf(resolve(session.deps.cwd, answer.slice(1).trim()))
  if (text === null) {
    // A password may begin with an @ as well.
    if (file) session.note(`${name}: there is no file ${answer.slice(1)}`)
    return file ? askOne(asked, title, now, prompts, session) : answer
  }
  return text.trim()
}

interface Chosen {
  readonly settings: readonly (readonly [string, Json])[]
  readonly where: readonly (readonly [string, readonly (string | number)[]])[]
}

/** Offers what there are several of; tells of the rest. */
async function chooseAll(
  choices: readonly AccountChoice[],
  { title }: Subject,
  prompts: Prompts | null,
  session: Session,
): Promise<Chosen | null> {
  const settings: [string, Json][] = []
  const where: [string, readonly (string | number)[]][] = []
  for (const { subject, options, decides, otherwise } of choices) {
    const labels = options.map(({ label }) => oneLine(label))
    if (decides === null || options.length < 2 || prompts === null) {
      const more = labels.length > toldMax ? ` and ${labels.length - toldMax} more` : ''
      session.tell(
        session.prose(`${subject}: ${labels.slice(0, toldMax).join(', ')}${more}`, { indent: 2, first: '  ' }),
      )
      continue
    }
    const offered = options.map(({ label, hint }, index) => ({
      value: String(index),
      label: oneLine(label),
      ...(hint === undefined || hint === '' ? {} : { hint: oneLine(hint) }),
    }))
    const several = 'where' in decides || decides.several
    const picked = several
      ? await prompts.chooseSeveral(`${title}: ${subject} (none: ${otherwise})`, offered)
      : await prompts
          .choose(`${title}: ${subject}`, [{ value: '', label: 'None of these', hint: otherwise }, ...offered])
          .then((one) => (one === null ? null : one === '' ? [] : [one]))
    if (picked === null) return null
    const values = picked.flatMap((index) => options[Number(index)]?.value ?? [])
    if (values.length === 0) continue
    if ('where' in decides) where.push([decides.where, values])
    else settings.push([decides.setting, several ? values : (values[0] ?? null)])
  }
  return { settings, where }
}

const toldMax = 12

/** Settings of a configuration that is there, with the variables it names. */
const filledIn = (settings: Subject['fixed'], environment: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? value.replace(/\$\{(\w+)\}/g, (_whole, key: string) => environment[key] ?? '')
        : value,
    ]),
  )
