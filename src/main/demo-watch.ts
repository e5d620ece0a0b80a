import type { Crosswalk } from '../app/crosswalk.ts'
import { clockIn } from '../cli/moments.ts'
import { progressOf } from '../cli/order-progress.ts'
import type { Paint } from '../cli/paint.ts'
import { cut, oneLine } from '../cli/text.ts'
import { problemTitles } from '../core/problem.ts'
import { systemClock } from './clock.ts'

const everyMs = 700
/** Deals are listed newest first. */
const dealsMax = 500

interface Look {
  readonly paint: Paint
  readonly columns: number
  readonly zone: string
}

/**
 * Tells what changes from now on, one line each: the progress of orders, problems that open and close. Ends when the signal
 * fires.
 */
export async function watchDemo(
  crosswalk: Crosswalk,
  { paint, columns, zone }: Look,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const say = (sign: string, text: string) =>
    print(`${paint.dim(clockIn(systemClock.now(), zone))}  ${sign} ${cut(oneLine(text), columns - 12)}\n`)
  let known: Awaited<ReturnType<typeof stateOf>> | null = null
  while (!signal.aborted) {
    const now = await stateOf(crosswalk, paint)
    for (const [id, { text, sign }] of [...now.deals].reverse()) {
      if (known !== null && known.deals.get(id)?.text !== text) say(sign, text)
    }
    for (const [id, text] of now.problems) if (known?.problems.has(id) === false) say(paint.red('✗'), text)
    for (const [id, text] of known?.problems ?? []) if (!now.problems.has(id)) say(paint.green('✓'), `Over: ${text}`)
    known = now
    await systemClock.sleep(everyMs, signal)
  }
}

async function stateOf(crosswalk: Crosswalk, paint: Paint) {
  const [links, problems] = await Promise.all([
    crosswalk.deals({ max: dealsMax }),
    crosswalk.problems({ max: dealsMax }),
  ])
  return {
    deals: new Map(
      links.map((link) => {
        const { text, style } = progressOf(link, paint)
        const order = link.target.label === null ? '' : `, order ${link.target.label}`
        const line = `${text} – deal ${link.source.label ?? link.source.ref.id}${order}`
        return [link.id, { text: line, sign: style(link.stage === 'paid' ? '✓' : '●') }] as const
      }),
    ),
    problems: new Map(
      problems.map(({ id, kind, message }) => [id, `${problemTitles[kind]} (problem ${id}): ${message}`]),
    ),
  }
}
