import { Writable } from 'node:stream'
import winston from 'winston'
import type { JsonObject } from '../core/json.ts'
import type { Log } from '../ports/log.ts'
import { scrub } from './scrub.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

interface Options {
  readonly level: LogLevel
  /** Read at each line, as secrets come and go while the process runs. */
  readonly secrets: () => readonly string[]
  /** Takes one line with its line feed. Standard error when absent: standard output belongs to commands. */
  readonly write?: (line: string) => void
}

/**
 * The log of the process: JSON, one line for each event, `{ "at", "level", "event", …details }`. Secrets and personal data
 * are removed here, whatever the callers hand over. A stack is written at level `debug` only.
 */
export function openLog(options: Options): Log {
  const write = options.write ?? ((line: string) => void process.stderr.write(line))
  const line = winston.format((entry) => {
    const { level, message, details } = entry
    const scrubbing = { secrets: options.secrets(), stacks: options.level === 'debug' }
    const own = { at: new Date().toISOString(), level, event: scrub(message, scrubbing) }
    // First, so that they come first, and last, so that no detail can replace them.
    const shown = { ...own, ...(scrub(details ?? {}, scrubbing) as JsonObject), ...own }
    entry[Symbol.for('message')] = JSON.stringify(shown)
    return entry
  })
  const logger = winston.createLogger({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: line(),
    transports: [
      new winston.transports.Stream({
        eol: '\n',
        stream: new Writable({
          decodeStrings: false,
          write: (text: string, _encoding, done) => {
            write(text)
            done()
          },
        }),
      }),
    ],
  })
  const at =
    (level: LogLevel): Log['info'] =>
    (event, details) =>
      void logger.log({ level, message: event, details })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
