import type { Systems } from './systems.ts'

/**
 * A contestant that is fast because it leaves something out has not won.
 * @throws Error when there are not as many confirmed orders as deals, or not every deal carries an order number
 */
export async function verify(systems: Systems, deals: number): Promise<void> {
  const [confirmed, shown] = [await systems.confirmed(), await systems.shown()]
  if (confirmed === deals && shown === deals) return
  throw new Error(`${deals} deals were won, ${confirmed} orders are confirmed, ${shown} deals carry an order number`)
}
