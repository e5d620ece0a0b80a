import { readValue } from './fields.ts'
import type { Value } from './models.ts'
import type { Store } from './store.ts'

const model = 'res.partner'

/**
 * What is agreed with a company and holds for all below it: `_commercial_fields` of `base`, `account` and `product`. [seen]
 * on 14: a company with a tax id and two contacts are three partners with this tax id.
 */
const commercial = [
  'vat',
  'property_payment_term_id',
  'property_account_position_id',
  'property_product_pricelist',
] as const

/** After a partner was written: contacts and addresses take over what is agreed with their company, as Odoo has it. */
export function shareAgreed(store: Store, id: number, written: readonly string[]): void {
  const row = store.get(model, id)
  if (row === undefined) return
  const company = Number(readValue(store, model, row, 'commercial_partner_id'))
  if (company !== id) {
    if (written.includes('parent_id')) copy(store, company, [id])
  } else if (commercial.some((name) => written.includes(name))) copy(store, id, membersOf(store, id))
}

function copy(store: Store, company: number, ids: readonly number[]): void {
  const row = store.get(model, company)
  const values = Object.fromEntries(commercial.map((name): [string, Value] => [name, row?.[name] ?? false]))
  for (const id of ids) store.update(model, id, values)
}

/** All below a company, but for companies of their own and who is below those. */
function membersOf(store: Store, id: number): readonly number[] {
  return store
    .having(model, 'parent_id', id)
    .filter((child) => store.get(model, child)?.is_company !== true)
    .flatMap((child) => [child, ...membersOf(store, child)])
}
