import type { Command } from 'commander'
import type { Crosswalk } from '../app/crosswalk.ts'
import type { Failure } from '../core/problem.ts'
import { type Instant, toMillis } from '../core/time.ts'
import type { CliDeps, ExitCode, Project } from './deps.ts'
import { ageOf, timeIn } from './moments.ts'
import { type Paint, paintOf, type Style } from './paint.ts'
import { type Cell, type Column, table } from './table.ts'
import { wrap } from './text.ts'

interface GlobalOptions {
  readonly config: string
  readonly home: string
  readonly json: boolean
  readonly color: boolean
  readonly utc: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** One command being carried out. */
export interface Session {
  readonly deps: CliDeps
  readonly options: GlobalOptions
  readonly project: Project
  readonly paint: Paint
  /** Of the times shown. */
  readonly zone: string
  /** Opens Crosswalk for as long as `work` takes. */
  ask<T>(work: (crosswalk: Crosswalk) => Promise<T>): Promise<T>
  /** The command's answer, given once: `value` with --json, else the text. */
  answer(value: unknown, text: () => string): void
  /** A remark on standard error: nothing with --quiet. */
  note(text: string): void
  /** Ends with exit code 2. @throws CommanderError */
  misuse(message: string, fix: string): never
  time(instant: Instant): string
  age(instant: Instant): string
  table(columns: readonly Column[], rows: readonly (readonly Cell[])[], indent?: number): string
  /** Prose, broken to the terminal's width. */
  prose(text: string, options?: { indent?: number; first?: string; style?: Style }): string
  /** What happened and what to do, as a block. */
  failure(failure: Failure, indent?: number): string
}

export type Perform = (command: Command, work: (session: Session) => Promise<ExitCode>) => Promise<void>

const proseColumnsMax = 100
// A wrapper such as npm forwards a Ctrl-C that the terminal has sent already: two in quick succession count as one.
const togetherMs = 500

/** Runs a command; the first Ctrl-C asks it to stop, a second one ends the process. */
export async function perform(
  deps: CliDeps,
  command: Command,
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> {
  const options = command.optsWithGlobals<GlobalOptions>()
  const stop = new AbortController()
  let first: number | null = null
  const release = deps.onInterrupt(() => {
    const now = toMillis(deps.clock.now())
    if (first === null) {
      first = now
      if (!options.quiet) deps.err('Stopping once the work in progress is done. Ctrl-C again stops at once.\n')
      stop.abort()
    } else if (now - first > togetherMs) deps.exit(130)
  })
  try {
    return await work(openSession(deps, command, options, stop.signal))
  } finally {
    release()
  }
}

function openSession(deps: CliDeps, command: Command, options: GlobalOptions, signal: AbortSignal): Session {
  const paint = paintOf(deps.color && options.color)
  const zone = options.utc ? 'UTC' : deps.timeZone
  const project = { config: options.config, home: options.home, verbose: options.verbose, signal }
  const prose: Session['prose'] = (text, { indent = 0, first = '', style = (line: string) => line } = {}) => {
    const width = Math.min(deps.outColumns ?? proseColumnsMax, proseColumnsMax) - indent
    const space = ' '.repeat(indent)
    return wrap(text, Math.max(width, 20))
      .map((line, index) => (index === 0 && first !== '' ? first : space) + style(line))
      .join('\n')
      .concat('\n')
  }
  return {
    deps,
    options,
    project,
    paint,
    zone,
    async ask(work) {
      const opened = await deps.open(project)
      try {
        return await work(opened.crosswalk.as(deps.actor))
      } finally {
        await opened.close()
      }
    },
    answer: (value, text) => deps.out(options.json ? `${JSON.stringify(value, null, 2)}\n` : text()),
    note(text) {
      if (!options.quiet) deps.err(`${text}\n`)
    },
    misuse: (message, fix) => command.error(`${message}\n${fix}`),
    time: (instant) => timeIn(instant, zone),
    age: (instant) => ageOf(instant, deps.clock.now()),
    table: (columns, rows, indent = 0) => table(columns, rows, { width: deps.outColumns, paint, indent }),
    prose,
    failure(failure, indent = 0) {
      const space = ' '.repeat(indent)
      return (
        prose(failure.message, { indent: indent + 2, first: `${space}${paint.red('✗')} ` }) +
        prose(`What to do: ${failure.fix}`, { indent: indent + 2 })
      )
    },
  }
}
