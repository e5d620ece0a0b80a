import { compare, zero } from './decimal.ts'
import type { Fulfilment } from './documents.ts'

export type Paid = 'open' | 'partly' | 'paid'

/** How far an invoice or a credit note is settled; null for one that is not posted. */
export function paidOf({ state, total, outstanding }: Fulfilment['invoices'][number]): Paid | null {
  if (state !== 'posted') return null
  if (compare(outstanding, zero) <= 0) return 'paid'
  return compare(outstanding, total) < 0 ? 'partly' : 'open'
}
