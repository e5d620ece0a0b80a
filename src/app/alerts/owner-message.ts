import { createHash } from 'node:crypto'
import { concerns } from '../../core/concern.ts'
import { type ProblemKind, problemTitles } from '../../core/problem.ts'
import type { Instant } from '../../core/time.ts'
import type { AlertMessage, Condition } from '../../ports/alerts.ts'
import type { WaitingDeal } from '../../ports/ledger/alerts.ts'
import { durationOf, oneLine, timeOf } from './message.ts'
import type { Change } from './plan.ts'

/** Longer than any sentence of ours; what another system says may be of any length. */
const wordsMax = 400
/** Deals told in full; whoever owns more that wait finds them in the CRM. */
const dealsMax = 30

/** Names what is told of a deal for as long as it is open. */
export const subjectOf = ({ sync, ref, kind }: WaitingDeal): string =>
  `${sync} ${ref.connection} ${ref.object} ${ref.id} ${kind}`

export const conditionOf = (deal: WaitingDeal): Condition => ({
  subject: subjectOf(deal),
  about: deal.sync,
  severity: 'warning',
  kind: deal.kind,
  title: problemTitles[deal.kind],
  message: inPlainWords(deal.message),
  fix: concerns[deal.kind].ask,
  command: '',
  since: deal.since,
  waiting: 1,
  record: 'deal',
  problem: null,
})

/** Frames of a stack, as JavaScript and Python print them. */
const isOfMachines = (line: string): boolean => /^\s*at \S|^\s*File "|^Traceback|^\s*\^+\s*$/.test(line)

/** Without what is for administrators: commands, stacks. */
export function inPlainWords(message: string): string {
  const lines = message.split('\n').filter((line) => !isOfMachines(line))
  const sentences = oneLine(lines.join(' ')).split(/(?<=[.!?;])\s+/)
  const text = sentences.filter((sentence) => !/\bcrosswalk\b/i.test(sentence)).join(' ')
  return text.length > wordsMax ? `${text.slice(0, wordsMax)}…` : text
}

interface Context {
  /** Of the installation. */
  readonly name: string
  readonly timeZone: string
  /** Names the receiver among all. */
  readonly to: string
  readonly now: Instant
  /** What the CRM calls deals and where it shows them, by the subject of what is told. */
  readonly deals: ReadonlyMap<string, { readonly label: string; readonly url: string | null }>
}

/** One message to somebody who sells, about their own deals alone. */
export function ownerMessage(changes: readonly Change[], { name, timeZone, to, now, deals }: Context): AlertMessage {
  const labelOf = ({ subject }: Condition) => oneLine(deals.get(subject)?.label ?? 'A deal')
  const shown = changes.slice(0, dealsMax)
  const rest = changes.length - shown.length
  const told = changes.map(({ what, condition }) => [what, condition.subject, condition.since])
  const id = createHash('sha256')
    .update(JSON.stringify([name, to, told]))
    .digest('hex')
    .slice(0, 32)
  const linesOf = ({ what, condition }: Change): readonly string[] => {
    const { url = null } = deals.get(condition.subject) ?? {}
    const link = url === null ? [] : [`  Deal: ${oneLine(url)}`]
    if (what === 'over') return [`Solved: ${labelOf(condition)}`, `  It was: ${condition.title}`, ...link]
    return [
      `${what === 'new' ? 'Waits' : 'Still waits'}: ${labelOf(condition)}`,
      `  What: ${condition.title}${condition.message === '' ? '' : `. ${condition.message}`}`,
      `  Since: ${timeOf(condition.since, timeZone)}, ${durationOf(condition.since, now)}`,
      `  What to do: ${concerns[condition.kind as ProblemKind].ask}`,
      ...link,
    ]
  }
  return {
    id,
    subject: subjectLine(changes, name, labelOf),
    lines: [
      ...shown.flatMap((change) => [...linesOf(change), '']),
      ...(rest === 0 ? [] : [`And ${rest} more of your deals: the field with the problem shows it on each.`, '']),
      'You are told because these deals are yours in the CRM. Nobody reads answers to this mail.',
    ],
    json: { installation: name, at: now },
  }
}

function subjectLine(changes: readonly Change[], name: string, labelOf: (condition: Condition) => string): string {
  const open = changes.filter(({ what }) => what !== 'over')
  const about = open.length > 0 ? open : changes
  const [first] = about
  const label = first === undefined ? '' : labelOf(first.condition)
  if (open.length === 0) return `[${name}] Solved: ${about.length === 1 ? label : `${about.length} of your deals`}`
  const what = about.length === 1 ? label : `${about.length} of your deals`
  return `[${name}] Needs you: ${what}`
}
