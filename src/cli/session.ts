import type { Command } from 'commander'
import { wrapAnsi } from 'fast-wrap-ansi'
import type { Crosswalk } from '../app/crosswalk.ts'
import type { Failure } from '../core/problem.ts'
import { type Instant, toMillis } from '../core/time.ts'
import type { CliDeps, ExitCode, Project } from './deps.ts'
import { ageOf, timeIn } from './moments.ts'
import { type Paint, paintOf, type Style } from './paint.ts'
import { type Cell, type Column, table } from './table.ts'
import { columnsOfFiles, wrap, wrapRemark } from './text.ts'

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
  /** Of the terminal; no line of an answer is wider. */
  readonly columns: number
  /** Opens Crosswalk for as long as `work` takes. */
  ask<T>(work: (crosswalk: Crosswalk) => Promise<T>): Promise<T>
  /**
   * The command's answer, given once: `value` with --json, else the text, of which no line is wider than the terminal.
   * @param as.whole  its lines are read by programs where there is no terminal, and not broken there
   */
  answer(value: unknown, text: () => string, as?: { whole: boolean }): void
  /** A remark on standard error: nothing with --quiet. */
  note(text: string): void
  /** What is told on the way, on standard error, as it is given: nothing with --quiet or --json. */
  tell(text: string): void
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

// Longer lines are hard to read.
const proseColumnsMax = 100
const proseColumnsMin = 24
const narrowIndent = 4
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
  const columns = deps.outColumns ?? columnsOfFiles
  const prose: Session['prose'] = (text, { indent = 0, first = '', style = (line: string) => line } = {}) => {
    const width = Math.min(columns, proseColumnsMax)
    // Text that would be squeezed between its indent and the end of the line goes below what stands before it.
    const squeezed = indent > narrowIndent && width - indent < proseColumnsMin
    const within = squeezed ? narrowIndent : indent
    const wrapped = wrap(text, Math.max(width - within, 1)).map(
      (line, index) => (index === 0 && first !== '' && !squeezed ? first : ' '.repeat(within)) + style(line),
    )
    return [...(squeezed && first.trim() !== '' ? [first.trimEnd()] : []), ...wrapped].join('\n').concat('\n')
  }
  return {
    deps,
    options,
    project,
    paint,
    zone,
    columns,
    async ask(work) {
      const opened = await deps.open(project)
      try {
        return await work(opened.crosswalk.as(deps.actor))
      } finally {
        await opened.close()
      }
    },
    answer(value, text, as) {
      if (options.json) deps.out(`${JSON.stringify(value, null, 2)}\n`)
      else if (as?.whole === true && deps.outColumns === null) deps.out(text())
      else deps.out(wrapAnsi(text(), columns, { hard: true, trim: false }))
    },
    note(text) {
      if (!options.quiet) deps.err(`${wrapRemark(text, deps.errColumns)}\n`)
    },
    tell(text) {
      if (!options.quiet && !options.json) deps.err(text)
    },
    misuse: (message, fix) => command.error(`${message}\n${fix}`),
    time: (instant) => timeIn(instant, zone),
    age: (instant) => ageOf(instant, deps.clock.now()),
    table: (titles, rows, indent = 0) => table(titles, rows, { width: columns, paint, indent }),
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
