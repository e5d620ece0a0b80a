import type { PublishFinding } from '../app/project/check.ts'
import type { Session } from './session.ts'
import { oneLine } from './text.ts'

/** Each begins as editors understand it; where another program reads them, each is on one line. */
export const findingLines = (findings: readonly PublishFinding[], { paint, deps, prose }: Session): string =>
  findings
    .map(({ file, line, column, kind, message, fix }) => {
      const place = `${file}:${line}:${column}`
      const said = `${oneLine(message)}${fix === undefined ? '' : ` ${oneLine(fix)}`}`
      if (deps.outColumns === null) return `${paint.bold(place)} ${paint.yellow(kind)}: ${said}\n`
      return prose(`${place} ${kind}: ${said}`, { indent: 2, first: '' })
        .trimStart()
        .replace(place, paint.bold(place))
        .replace(kind, paint.yellow(kind))
    })
    .join('')
