import type { Place } from '../ports/ledger/page.ts'
import { given } from './given.ts'
import type { Handlers } from './handler.ts'
import type { ApiUses, UseCases } from './use-cases.ts'
import { withWorth } from './worths.ts'

type Names = 'exportDeals' | 'exportProblems' | 'exportRuns' | 'exportAudit'

const max = 500
/** What changes meanwhile stays where it is in this order. */
const deals = { sort: 'created', direction: 'desc', max } as const
const problems = { sort: 'opened', direction: 'desc', max } as const

/** Whole lists, read page by page while they are sent. */
export function exportHandlers({ accounts }: Pick<ApiUses, 'accounts'>, useCases: UseCases): Pick<Handlers, Names> {
  return {
    async exportDeals({ query: { open, format: _, ...query } }) {
      const filter = { ...deals, ...given(query), ...(open === undefined ? {} : { open: open === 'true' }) }
      const links = byPlace((after) => useCases.pageOfDeals({ ...filter, ...after }))
      return each(links, ({ sync, source, target, worth, stage, state, origin, createdAt, updatedAt }) => ({
        ...{ sync, dealConnection: source.ref.connection, dealId: source.ref.id, deal: source.label },
        ...{ orderConnection: target.connection, orderId: target.id, order: target.label },
        ...{ amount: worth?.amount ?? null, currency: worth?.currency ?? null },
        ...{ stage, state, origin, createdAt, updatedAt },
      }))
    },
    async exportProblems({ query: { format: _, ...query } }) {
      const open = byPlace(async (after) => {
        const { rows, next } = await useCases.pageOfProblems({ ...problems, ...given(query), ...after })
        return { rows: await withWorth(rows, useCases), next }
      })
      return each(open, ({ held, ...problem }) => ({
        ...problem,
        held: held.map(({ amount, currency }) => `${amount} ${currency}`).join('; '),
      }))
    },
    async exportRuns({ query: { format: _, ...query } }) {
      const runs = byId((after) => useCases.runs({ ...given(query), ...after, max }))
      return each(runs, ({ counts, ...run }) => ({ ...counts, ...run }))
    },
    async exportAudit({ query: { text } }) {
      const entries = byId((after) => accounts.audited({ ...given({ text }), ...after, max }))
      return each(entries, ({ subject, ...entry }) => ({ ...entry, subject: JSON.stringify(subject) }))
    },
  }
}

async function* byPlace<Row>(
  read: (after: { after?: Place }) => Promise<{ readonly rows: readonly Row[]; readonly next: Place | null }>,
): AsyncIterable<Row> {
  for (let after: { after?: Place } = {}; ; ) {
    const { rows, next } = await read(after)
    yield* rows
    if (next === null) return
    after = { after: next }
  }
}

/** Of lists whose place is the id of their last row. */
async function* byId<Row extends { readonly id: string }>(
  read: (after: { after?: string }) => Promise<readonly Row[]>,
): AsyncIterable<Row> {
  for (let after: { after?: string } = {}; ; ) {
    const rows = await read(after)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < max) return
    after = { after: last.id }
  }
}

async function* each<Row, To>(rows: AsyncIterable<Row>, to: (row: Row) => To): AsyncIterable<To> {
  for await (const row of rows) yield to(row)
}
