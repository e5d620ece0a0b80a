import client from '@fernandoslim/odoo-jsonrpc'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startOdooSimulator } from '../../connectors/odoo/simulator/index.ts'

/*
 * A client of JSON-RPC by others works with the simulated server as it does with a real one. JSON-2 has no client of its own yet:
 * test/odoo asks a real 19.
 */

const { default: OdooClient } = client
interface Partner {
  readonly id: number
  readonly name: string
  readonly ref: string | false
  readonly user_id: readonly [number, string] | false
}

describe.each(['14.0', '17.0', '19.0'])('the client works with Odoo %s', (version) => {
  let simulator: Awaited<ReturnType<typeof startOdooSimulator>>
  let odoo: InstanceType<typeof OdooClient>
  beforeAll(async () => {
    simulator = await startOdooSimulator({ version })
    odoo = clientOf({ apiKey: 'admin' })
    await odoo.connect()
  })
  afterAll(() => simulator.close())

  const clientOf = (login: { readonly apiKey: string } | { readonly password: string }) => {
    const { protocol, hostname, port } = new URL(simulator.url)
    return new OdooClient({
      ...{ baseUrl: `${protocol}//${hostname}`, port: Number(port), db: 'demo', username: 'admin' },
      ...login,
    })
  }

  test('logs in by a key, and not by a wrong one', async () => {
    expect([odoo.is_connected, odoo.uId]).toEqual([true, 2])
    const other = clientOf({ apiKey: 'wrong' })
    await other.connect()
    await expect(other.search('res.partner', [])).rejects.toThrow('Please connect')
  })

  test('makes, reads, changes and deletes a record', async () => {
    const made = await odoo.create('res.partner', { name: 'Ada', ref: 'A-1', user_id: 2 })
    const id = Number(Array.isArray(made) ? made[0] : made)
    const read = () => odoo.read<Partner>('res.partner', [id], ['name', 'ref', 'user_id'])
    expect(await read()).toEqual([{ id, name: 'Ada', ref: 'A-1', user_id: [2, 'Mitchell Admin'] }])
    expect(await odoo.update('res.partner', id, { name: 'Ada Lovelace', ref: false })).toBe(true)
    expect(await read()).toMatchObject([{ name: 'Ada Lovelace', ref: false }])
    expect(await odoo.search('res.partner', [['name', '=', 'Ada Lovelace']])).toEqual([id])
    expect(await odoo.delete('res.partner', id)).toBe(true)
    expect(await odoo.search('res.partner', [['id', '=', id]])).toEqual([])
  })

  test('searches by conditions, page after page', async () => {
    for (const ref of ['P1', 'P2', 'P3']) await odoo.create('res.partner', { name: `Paged ${ref}`, ref })
    const page = async (offset: number) => {
      const options = { offset, limit: 2, order: 'ref desc' }
      const found = await odoo.searchRead<Partner>('res.partner', [['name', 'ilike', 'paged%']], ['ref'], options)
      return found.map(({ ref }) => ref)
    }
    expect([await page(0), await page(2)]).toEqual([['P3', 'P2'], ['P1']])
  })

  test('finds and changes a record by its External ID', async () => {
    const id = Number(simulator.store.addCustomer({ name: 'Acme' }))
    await odoo.createExternalId('res.partner', id, 'acme', 'judge')
    expect(await odoo.searchByExternalId('acme')).toBe(id)
    expect(await odoo.updateByExternalId('acme', { ref: 'X' })).toBe(true)
    expect(await odoo.readByExternalId<Partner>('acme', ['ref'])).toEqual({ id, ref: 'X' })
    await odoo.deleteByExternalId('acme')
    await expect(odoo.searchByExternalId('acme')).rejects.toThrow('No matching record')
  })

  test('acts on an order, and describes it', async () => {
    const product = Number(simulator.store.addProduct({ sku: 'DESK', price: 10 }))
    const partner_id = Number(simulator.store.addCustomer({ name: 'Buyer' }))
    const order_line = [[0, 0, { product_id: product, product_uom_qty: 2 }]]
    const made = await odoo.create('sale.order', { partner_id, order_line })
    const id = Number(Array.isArray(made) ? made[0] : made)
    expect(await odoo.action('sale.order', 'action_confirm', [id])).toBe(true)
    expect(await odoo.read('sale.order', [id], ['state', 'amount_untaxed'])).toEqual([
      { id, state: 'sale', amount_untaxed: 20 },
    ])
    expect(await odoo.getFields('sale.order')).toMatchObject({
      partner_id: { type: 'many2one', relation: 'res.partner' },
    })
  })

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['a field that is not there', () => odoo.read('res.partner', [1], ['nothing']), /^Invalid field 'nothing' on /],
    [
      'a field to look for',
      () => odoo.search('res.partner', [['nothing', '=', 1]]),
      /^Invalid field res\.partner\.nothing in /,
    ],
    ['a model that is not there', () => odoo.search('no.model', []), /^Object no\.model doesn't exist/],
    ['a method that is not there', () => odoo.call_kw('res.partner', 'nothing', []), /has no attribute|does not exist/],
    ['a private method', () => odoo.call_kw('res.partner', '_write', []), /^Private methods \(such as /],
    [
      'a missing value',
      () => odoo.call_kw('res.partner', 'write', [[1]]),
      /missing 1 required positional argument: 'vals'/,
    ],
    ['a record that is gone', () => odoo.update('res.partner', 99_999, { name: 'x' }), /^Record does not exist/],
    [
      'groups, which are not simulated',
      () => odoo.call_kw('res.partner', 'read_group', [[], ['name'], ['name']]),
      /^not simulated: /,
    ],
    ['a copy, which is not simulated', () => odoo.call_kw('res.partner', 'copy', [[1]]), /^not simulated: /],
    [
      'rights of a group, which are not simulated',
      () => odoo.call_kw('res.users', 'has_group', ['base.group_user']),
      /^not simulated: /,
    ],
    [
      'references without names, which are not simulated',
      () => odoo.call_kw('res.partner', 'read', [[1], ['user_id']], { load: '' }),
      /^not simulated: /,
    ],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message)
  })

  test('says that a session by password is not simulated', async () => {
    await expect(clientOf({ password: 'admin' }).connect()).rejects.toThrow('Not Implemented')
  })
})
