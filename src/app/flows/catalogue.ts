import type { Flow } from './flow.ts'
import { fulfilment } from './fulfilment/flow.ts'
import { orders } from './orders/flow.ts'
import { products } from './products/flow.ts'

/** Every kind of sync that Crosswalk knows, one line each. */
export const flows: readonly [Flow, ...Flow[]] = [orders, fulfilment, products]

export function flowOf(document: string): Flow {
  const found = flows.find((flow) => flow.document === document)
  if (found === undefined) throw new Error(`there is no flow for "${document}"`)
  return found
}
