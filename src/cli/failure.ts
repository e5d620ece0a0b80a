import { CommanderError } from 'commander'
import { ZodError } from 'zod'
import { SyncError } from '../core/problem.ts'
import { StoreAway } from '../core/store-away.ts'
import type { CliDeps, ExitCode } from './deps.ts'
import { paintOf, type Style } from './paint.ts'
import { columnsOfFiles, wrap } from './text.ts'

interface Told {
  readonly code: ExitCode
  readonly kind: string
  readonly message: string
  readonly fix: string
  readonly particulars?: object
}

/** Reports why a command failed. @returns its exit code */
export function reportFailure(
  error: unknown,
  deps: CliDeps,
  options: { json: boolean; color: boolean; verbose: boolean; help: string },
): ExitCode {
  const told = tell(error, options.help, deps.clean)
  if (options.json) {
    const { kind, message, fix, particulars } = told
    deps.out(`${JSON.stringify({ error: { kind, message, fix, ...particulars } }, null, 2)}\n`)
  } else {
    const paint = paintOf(deps.color && options.color)
    const say = (title: string, text: string, style: Style) => {
      const [first = '', ...more] = wrap(`${title} ${text}`, (deps.errColumns ?? columnsOfFiles) - 2)
      deps.err(`${style(title)}${first.slice(title.length)}\n${more.map((line) => `  ${line}\n`).join('')}`)
    }
    say('Error:', told.message, paint.red)
    say('What to do:', told.fix, (title) => title)
  }
  if (options.verbose && !(error instanceof CommanderError)) deps.err(`${deps.clean(stackOf(error))}\n`)
  return told.code
}

function tell(error: unknown, help: string, clean: CliDeps['clean']): Told {
  if (error instanceof CommanderError) {
    const [message = '', ...hints] = error.message.replace(/^error: /, '').split('\n')
    const hint = hints.join(' ').replace(/^\((.*)\)$/, '$1')
    return {
      code: 2,
      kind: 'usage',
      message: error.code === 'commander.error' ? message : sentence(message),
      fix: hint === '' ? `See \`${help}\`.` : hint,
    }
  }
  if (error instanceof SyncError) {
    return {
      code: error.problem.kind === 'configuration_invalid' ? 2 : 1,
      kind: error.problem.kind,
      message: error.message,
      fix: error.fix,
      particulars: { problem: error.problem, record: error.record },
    }
  }
  if (error instanceof ZodError) {
    return {
      code: 2,
      kind: 'configuration_invalid',
      message: error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`).join('\n'),
      fix: 'Correct the configuration; docs/reference/configuration.md lists every key.',
    }
  }
  if (isDiskFull(error)) {
    return {
      code: 1,
      kind: 'disk_full',
      message: `A disk is full: ${clean(plain(error))}`,
      fix: 'Make room on that disk (without a path above: the one of the data folder, `--home`), then run the command again. Nothing that was stored is lost, and what could not be stored is done again.',
    }
  }
  if (error instanceof StoreAway) {
    return {
      code: 1,
      kind: 'store_away',
      message: plain(error),
      fix: 'Run the command again once it answers. Nothing that was stored is lost.',
    }
  }
  return {
    code: 1,
    kind: 'unexpected',
    message: clean(plain(error)),
    fix: 'This is a fault of Crosswalk. Run the command again with --verbose and report what it prints.',
  }
}

const plain = (error: unknown) => String(error).replace(/^Error: /, '')

/** In the words of the operating system, of PostgreSQL, of its log where it did not start, or of the lock file's SQLite. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : null
  return (
    ['ENOSPC', 'EDQUOT', '53100'].includes(String(code)) ||
    /No space left on device|Disk quota exceeded|Check free disk space|disk is full/i.test(error.message) ||
    isDiskFull(error.cause)
  )
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** The stack, and those of the causes. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\nCaused by ${stackOf(error.cause)}`
}
