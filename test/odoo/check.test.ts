import { describe, expect, test } from '@jest/globals'
import { act, create, openConnection, userWith, words } from './real-odoo.ts'

const { connection } = openConnection()

describe('checking a connection', () => {
  test('tells account, version, currency and that nothing is missing', async () => {
    const report = await connection.check()
    expect(report.account).toMatchObject({ currency: 'USD', apiVersion: words.version, timeZone: 'Europe/Brussels' })
    expect(report.account.id).toMatch(/^[0-9a-f]{8}-/)
    expect(report.findings.filter((finding) => finding.level !== 'ok')).toEqual([])
  })

  test('names the group that a plain salesman lacks', async () => {
    const user = await userWith('base.group_user', 'sales_team.group_sale_salesman_all_leads')
    const plain = openConnection(user).connection
    const { account, findings } = await plain.check()
    expect(account.id).toMatch(/^[0-9a-f]{32}$/)
    const subjects = (level: string) =>
      findings.filter((finding) => finding.level === level).map((finding) => finding.subject)
    expect(subjects('error')).toEqual(words.salesmanLacks)
    expect(subjects('warning')).toEqual([
      'res.partner create, write',
      'purchase.order read',
      'purchase.order.line read',
      'account.move payments',
      ...words.salesmanSees,
    ])
    expect(findings.find((finding) => finding.subject === 'purchase.order read')?.fix).toContain('Purchase / User')
    // What he may not see is empty, and he can work all the same.
    const pages = plain.changes(
      { object: 'sale.order', paths: [], where: [] },
      { from: '2020-01-01T00:00:00.000Z' as never },
    )
    for await (const page of pages) expect(page.ids.length).toBeGreaterThan(0)
    const records = await plain.read('sale.order', ['1'], ['name', 'purchase_orders.name', 'payments.amount'])
    expect(records[0]?.fields).toMatchObject({ purchase_orders: [], payments: [] })
  })

  test('is content with a salesman who may read External IDs, and he makes orders and finds them', async () => {
    const user = await userWith('base.group_user', 'sales_team.group_sale_salesman_all_leads')
    const [id = 0] = (await act('res.users', 'search', [[['login', '=', user.username]]])) as number[]
    const [model = 0] = (await act('ir.model', 'search', [[['model', '=', 'ir.model.data']]])) as number[]
    const group = await create('res.groups', { name: `External IDs ${user.username}` })
    await create('ir.model.access', { name: user.username, model_id: model, group_id: group, perm_read: true })
    await act('res.users', 'write', [[id], { [words.groups]: [[4, group]] }])
    const plain = openConnection(user).connection
    const { findings } = await plain.check()
    expect(findings.filter((finding) => finding.level === 'error')).toEqual([])
    const customer = await create('res.partner', { name: user.username })
    const [product = 0] = (await act('product.product', 'search', [[['sale_ok', '=', true]]], { limit: 1 })) as number[]
    const fields = { product_id: String(product), product_uom_qty: '1', price_unit: '5' }
    const lines = { field: 'order_line', upsert: [{ key: `${user.username}_1`, fields }], remove: [] }
    const order = { partner_id: String(customer) }
    const write = { do: 'create', object: 'sale.order', key: user.username, fields: order, lines } as const
    const [made] = await plain.write([write])
    const found = await plain.find('sale.order', [{ key: user.username }])
    expect(made).toEqual({ ok: true, id: found[0]?.[0]?.id })
  })

  test('pauses work that the user may not do', async () => {
    const user = await userWith('base.group_user', 'sales_team.group_sale_salesman_all_leads')
    const outcomes = await openConnection(user).connection.write([
      { do: 'create', object: 'res.partner', key: user.username, fields: { name: 'Nobody' }, lines: null },
    ])
    expect(outcomes).toMatchObject([
      {
        ok: false,
        failure: {
          problem: { kind: 'permission_missing', missing: expect.arrayContaining([words.customerMakers]) },
        },
      },
    ])
  })

  test.each([
    ['a wrong password', { password: 'wrong' }, 'auth_rejected'],
    ['a database that is not there', { database: 'nowhere' }, 'configuration_invalid'],
    ['a server that is not there', { url: 'http://127.0.0.1:1' }, 'unavailable'],
  ])('refuses %s', async (_, settings, kind) => {
    await expect(openConnection(settings).connection.check()).rejects.toMatchObject({ problem: { kind } })
  })
})

test('notices a user name that is not there', async () => {
  const checked = openConnection({ username: 'nobody' }).connection.check()
  if (words.login === 'password') {
    await expect(checked).rejects.toMatchObject({ problem: { kind: 'auth_rejected' } })
    return
  }
  // The key alone says who we are.
  const { findings } = await checked
  expect(findings.filter((finding) => finding.level !== 'ok')).toMatchObject([
    { level: 'warning', subject: 'username', message: expect.stringContaining('"admin", not of "nobody"') },
  ])
})

test('says until when the login works, and whether it is renewed', async () => {
  const { findings } = await openConnection(await userWith('base.group_user')).connection.check()
  const expiry = findings.find((finding) => finding.subject === 'key expiry')
  if (words.login === 'password') expect(expiry).toBeUndefined()
  else
    expect(expiry).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('this Odoo lets no program renew it'),
      fix: expect.stringContaining('named "crosswalk odoo"'),
    })
  // That of the administrator has no end.
  const { rotate } = connection
  expect(await rotate?.expiresAt()).toBeNull()
})

describe('describing an object', () => {
  test('tells what can be written, and the virtual fields', async () => {
    const { fields } = await connection.describe('sale.order')
    expect(fields.partner_id).toMatchObject({
      type: 'reference',
      relation: 'res.partner',
      writable: true,
      required: true,
    })
    expect(fields.amount_total).toMatchObject({ type: 'number', writable: false })
    expect(fields.commitment_date).toMatchObject({ type: 'instant', writable: true })
    expect(fields.state?.options).toContain('sale')
    expect(fields.order_line).toMatchObject({ type: 'list', relation: 'sale.order.line', writable: true })
    expect(fields.production_orders).toMatchObject({ type: 'list', relation: 'mrp.production', writable: false })
  })

  test('describes what a missing app would bring, so that one mapping fits every Odoo', async () => {
    const { fields } = await connection.describe('stock.picking')
    expect(fields.carrier_tracking_ref?.type).toBe('text')
    expect(fields.moves?.relation).toBe('stock.move')
  })
})
