import type { PublishFinding } from '../app/project/check.ts'
import type { Session } from './session.ts'
import { oneLine } from './text.ts'

/** Each begins as editors understand it. @param how.whole  each is on one line, for another program that reads them */
export const findingLines = (
  findings: readonly PublishFinding[],
  { paint, prose }: Session,
  how: { whole: boolean },
): string =>
  findings
    .map(({ file, line, column, kind, message, fix }) => {
      const place = `${file}:${line}:${column}`
      const said = `${oneLine(message)}${fix === undefined ? '' : ` ${oneLine(fix)}`}`
      if (how.whole) return `${paint.bold(place)} ${paint.yellow(kind)}: ${said}\n`
      return prose(`${place} ${kind}: ${said}`, { indent: 2, first: '' })
        .trimStart()
        .replace(place, paint.bold(place))
        .replace(kind, paint.yellow(kind))
    })
    .join('')
