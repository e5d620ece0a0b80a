import { z } from 'zod'
import type { Write } from '../../src/ports/connector.ts'
import { onceEach } from '../kit/once.ts'
import { type Client, read } from './client.ts'
import type { Models } from './schema.ts'

type Update = Extract<Write, { do: 'update' }>

const order = 'sale.order'
/** What Odoo's form puts into an order from its customer, by the field of the order: which address of the customer it is. */
const addresses = { partner_shipping_id: 'delivery', partner_invoice_id: 'invoice' } as const
const names = Object.keys(addresses) as readonly (keyof typeof addresses)[]
const replySchema = z.object({ delivery: z.int().positive(), invoice: z.int().positive() })

/**
 * Addresses of orders that get another customer. Up to version 15 it is the form that takes them from the customer: changed over
 * the API, the order would still go to the former one. From 16 on Odoo computes them itself.
 */
export function openCustomerAddresses(client: Client, models: Models) {
  /** @returns the writes, with addresses where they say none themselves @throws SyncError */
  return async function withAddresses<W extends Write>(writes: readonly W[]): Promise<readonly W[]> {
    const moving = writes.filter(
      (write): write is W & Update =>
        write.do === 'update' && write.object === order && (write.fields.partner_id ?? null) !== null,
    )
    if (moving.length === 0) return writes
    const fields = await models.fields(order)
    const entered = names.filter((name) => fields?.[name]?.computed === false)
    const said = ({ fields, unchanged = {} }: Update, name: string) => fields[name] ?? unchanged[name] ?? null
    const open = new Set<Write>(moving.filter((write) => entered.some((name) => said(write, name) === null)))
    const ask = onceEach(async (id: string) =>
      read(
        replySchema,
        await client.call({
          ...{ model: 'res.partner', method: 'address_get', ids: [Number(id)], effect: 'read' },
          args: { adr_pref: Object.values(addresses) },
        }),
        'the addresses of a customer',
      ),
    )
    return Promise.all(
      writes.map(async (write) => {
        if (write.do !== 'update' || !open.has(write)) return write
        const found = await ask.of(String(write.fields.partner_id))
        const filled = entered.flatMap((name) =>
          said(write, name) === null ? [[name, String(found[addresses[name]])] as const] : [],
        )
        return { ...write, fields: { ...write.fields, ...Object.fromEntries(filled) } }
      }),
    )
  }
}
