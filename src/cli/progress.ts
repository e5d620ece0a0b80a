import type { RunProgress } from '../app/engine/run.ts'
import { toMillis } from '../core/time.ts'
import type { Session } from './session.ts'
import { count, cut, oneLine } from './text.ts'

const eraseLine = '\r\u001b[2K'
const barColumns = 24
// In a log file one line every so often is enough.
const quietMs = 10_000

/**
 * Shows the progress of a run: one line that is redrawn on a terminal, a line now and then elsewhere, nothing with
 * --quiet or --json.
 */
export function openProgress(session: Session): { show(event: RunProgress): void; end(): void } {
  const { deps, options, paint } = session
  const columns = deps.errColumns
  if (options.quiet || options.json) return { show() {}, end() {} }
  if (columns !== null) {
    return {
      show: (event) => deps.err(eraseLine + bar(event, columns - 1).replace(/█+/, (full) => paint.cyan(full))),
      end: () => deps.err(eraseLine),
    }
  }
  let phase = ''
  let shownAt = 0
  return {
    show(event) {
      const now = toMillis(deps.clock.now())
      const same = phase === `${event.sync} ${event.phase}`
      if (same && now - shownAt < quietMs) return
      phase = `${event.sync} ${event.phase}`
      shownAt = now
      deps.err(`${plain(event)}\n`)
    },
    end() {},
  }
}

const plain = (event: RunProgress) =>
  event.phase === 'detect'
    ? `${oneLine(event.sync)}: looking for changes, ${count(event.done, 'record')} so far`
    : `${oneLine(event.sync)}: delivering, ${event.done} of ${count(event.done + event.due, 'record')}`

function bar(event: RunProgress, columns: number): string {
  if (event.phase === 'detect') return cut(plain(event), columns)
  const share = event.done / Math.max(1, event.done + event.due)
  const full = Math.round(share * barColumns)
  const drawn = `${'█'.repeat(full)}${'░'.repeat(barColumns - full)}`
  return cut(`${oneLine(event.sync)}  ${drawn}  ${Math.floor(share * 100)}%  ${plain(event).split(', ')[1]}`, columns)
}
