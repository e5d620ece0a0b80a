import { stages } from '../core/documents.ts'
import type { Link, LinkState } from '../ports/ledger/links.ts'
import type { Paint, Style } from './paint.ts'
import { widthOf } from './text.ts'

const ranked: readonly string[] = stages

/** A stage in words: `partly_shipped` is `partly shipped`. */
const stageText = (stage: string): string => stage.replaceAll('_', ' ')

const linkTexts: Readonly<Record<LinkState, string>> = {
  intended: 'no order yet',
  sent: 'being made',
  linked: 'order made',
  rejected: 'refused',
  unknown: 'outcome unknown',
}

/** The progress of a deal's order: its stage or, before there is one, the state of the link. */
export function progressOf(link: Pick<Link, 'state' | 'stage'>, paint: Paint): { text: string; style: Style } {
  const text = link.state === 'linked' && link.stage !== null ? stageText(link.stage) : linkTexts[link.state]
  if (link.state === 'rejected' || link.state === 'unknown') return { text, style: paint.red }
  if (link.stage === 'paid') return { text, style: paint.green }
  return { text, style: link.stage === 'cancelled' ? paint.dim : paint.cyan }
}

/** From what waits to what is paid. */
export const byProgress = (
  a: { state: LinkState; stage: string | null },
  b: { state: LinkState; stage: string | null },
): number => rank(a) - rank(b)

const order: readonly LinkState[] = ['unknown', 'rejected', 'intended', 'sent', 'linked']
const rank = ({ state, stage }: { state: LinkState; stage: string | null }) =>
  order.indexOf(state) * 100 + (stage === null ? 0 : ranked.indexOf(stage) + 1)

// Not every order passes these; they are shown only where they were reached.
const detours = ['in_procurement', 'in_production', 'partly_shipped', 'partly_paid']

/**
 * `✓ draft  ✓ confirmed  ● shipped  ○ invoiced  ○ paid`: the way of an order up to and beyond its stage.
 * @param columns  where it is broken, between two stages
 */
export function wayOf(stage: string, seen: ReadonlySet<string>, paint: Paint, columns: number): string {
  if (stage === 'cancelled') return paint.dim('■ cancelled')
  const at = ranked.indexOf(stage)
  const steps = ranked
    .map((one, index) => ({ one, index }))
    .filter(({ one }) => one !== 'cancelled' && (one === stage || seen.has(one) || !detours.includes(one)))
  const lines: string[][] = []
  let free = 0
  for (const { one, index } of steps) {
    const text = stageText(one)
    const width = widthOf(text) + 4
    if (lines.length === 0 || free < width - 2) {
      lines.push([])
      free = columns
    }
    free -= width
    if (index === at) lines.at(-1)?.push(paint.bold(paint.cyan(`● ${text}`)))
    else lines.at(-1)?.push(index < at ? `${paint.green('✓')} ${text}` : paint.dim(`○ ${text}`))
  }
  return lines.map((line) => line.join('  ')).join('\n')
}
