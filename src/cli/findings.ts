import type { PublishFinding } from '../app/project/check.ts'
import type { Session } from './session.ts'
import { oneLine } from './text.ts'

/** One line each, as editors understand them. */
export const findingLines = (findings: readonly PublishFinding[], { paint }: Session): string =>
  findings
    .map(({ file, line, column, kind, message, fix }) => {
      const advice = fix === undefined ? '' : ` ${oneLine(fix)}`
      return `${paint.bold(`${file}:${line}:${column}`)} ${paint.yellow(kind)}: ${oneLine(message)}${advice}\n`
    })
    .join('')
