import type { RecordRef } from '../../../core/ref.ts'
import type { Bench } from '../../bench/bench.ts'

/** Confirms or cancels orders. @returns those with which it worked; the others failed */
export async function actOnOrders<Case extends { readonly ref: RecordRef; readonly orderId: string }>(
  what: 'confirm' | 'cancel',
  object: string,
  cases: readonly Case[],
  bench: Bench,
): Promise<readonly Case[]> {
  const outcomes = await bench.send(
    'target',
    cases.map(({ orderId }) => ({ do: what, object, id: orderId })),
  )
  return cases.filter(({ ref }, index) => {
    const outcome = outcomes[index]
    if (outcome?.ok === false) bench.batch.fail(ref, outcome.failure)
    return outcome?.ok !== false
  })
}
