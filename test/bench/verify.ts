import { openOdooRpc } from './odoo-rpc.ts'
import type { Target } from './target.ts'

/**
 * A contestant that is fast because it leaves something out has not won.
 * @throws Error when not every deal has exactly one confirmed order and the order's number
 */
export async function verify(target: Target, deals: number): Promise<void> {
  const orders = await confirmedOrders(target)
  const reply = await fetch(`${target.hubspot.url}/crm/objects/2026-09/deals/search`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.hubspot.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      filterGroups: [{ filters: [{ propertyName: 'erp_order_no', operator: 'HAS_PROPERTY' }] }],
      sorts: ['hs_object_id'],
      properties: [],
      limit: 1,
      after: '0',
    }),
  })
  const { total } = (await reply.json()) as { total: number }
  if (orders === deals && total === deals) return
  throw new Error(`${deals} deals were won, ${orders} orders are confirmed, ${total} deals carry an order number`)
}

/** Orders under our External IDs that are confirmed. */
async function confirmedOrders(target: Target): Promise<number> {
  const odoo = await openOdooRpc(target.odoo)
  const rows = await odoo.call<unknown[]>('sale.order', 'search_read', [[['state', '=', 'sale']], ['id']])
  return rows.length
}
