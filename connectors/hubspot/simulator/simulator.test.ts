import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from './index.ts'

let now = Date.UTC(2026, 10, 24, 9)
let simulator: Awaited<ReturnType<typeof startHubspotSimulator>>
beforeEach(async () => {
  simulator = await startHubspotSimulator({ now: () => now, searchSecondly: 5, tenSecondly: 100 })
})
afterEach(() => simulator.close())

async function call(path: string, body?: object, headers: Record<string, string> = {}) {
  const reply = await fetch(simulator.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: 'Bearer test-token', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await reply.text()
  return { status: reply.status, headers: reply.headers, body: text === '' ? null : JSON.parse(text) }
}
const deals = '/crm/objects/2026-09/deals'
const inputs = (count: number) => Array.from({ length: count }, (_, n) => ({ id: String(n + 1) }))

describe('refuses what HubSpot refuses', () => {
  test.each<[string, string, object | undefined, number]>([
    ['an unknown path', '/crm/v9/deals', undefined, 404],
    ['an unknown object', '/crm/objects/2026-09/unicorns', undefined, 404],
    ['pages of the list above 100', `${deals}?limit=101`, undefined, 400],
    ['pages of the search above 200', `${deals}/search`, { limit: 201 }, 400],
    ['paging past 10,000', `${deals}/search`, { limit: 200, after: '9801' }, 400],
    ['two sorts', `${deals}/search`, { sorts: ['createdate', 'amount'] }, 400],
    ['six groups', `${deals}/search`, { filterGroups: Array(6).fill({ filters: [] }) }, 400],
    [
      'a filter on no property',
      `${deals}/search`,
      { filterGroups: [{ filters: [{ propertyName: 'nope', operator: 'EQ', value: '1' }] }] },
      400,
    ],
    ['batches above 100', `${deals}/batch/read`, { inputs: inputs(101), properties: [] }, 400],
    [
      'an id twice',
      `${deals}/batch/update`,
      {
        inputs: [
          { id: '1', properties: {} },
          { id: '1', properties: {} },
        ],
      },
      400,
    ],
    [
      'associations of more than 1,000',
      '/crm/associations/2026-09/deals/line_items/batch/read',
      { inputs: inputs(1001) },
      400,
    ],
    [
      'an odd pair of types',
      '/crm/properties/2026-09/deals',
      { name: 'x', label: 'X', type: 'number', fieldType: 'text', groupName: 'dealinformation' },
      400,
    ],
  ])('%s', async (_, path, body, status) => {
    expect((await call(path, body)).status).toBe(status)
  })

  test('another key', async () => {
    expect(await call(deals, undefined, { authorization: 'Bearer other' })).toMatchObject({
      status: 401,
      body: { category: 'INVALID_AUTHENTICATION' },
    })
  })

  test('a whole batch for one invalid value, naming the property', async () => {
    const [a, b] = [simulator.store.addDeal({}), simulator.store.addDeal({})]
    const batch = [
      { id: a, properties: { amount: '5' } },
      { id: b, properties: { amount: 'five' } },
    ]
    const reply = await call(`${deals}/batch/update`, { inputs: batch })
    expect(reply).toMatchObject({ status: 400, body: { message: expect.stringContaining('"name":"amount"') } })
    expect(simulator.store.deal(a)?.properties.amount).toBeUndefined()
  })

  test('the sixth search in a second and the 101st call in ten, until the time is over', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 6; n += 1) statuses.push((await call(`${deals}/search`, {})).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
    let last = await call('/account-info/2026-09/details')
    for (let n = 0; n < 95; n += 1) last = await call('/account-info/2026-09/details')
    expect(last).toMatchObject({ status: 429, body: { policyName: 'TEN_SECONDLY_ROLLING' } })
    now += 10_001
    const after = await call('/account-info/2026-09/details')
    expect([after.status, after.headers.get('x-hubspot-ratelimit-remaining')]).toEqual([200, '99'])
  })
})

describe('behaves as HubSpot does', () => {
  test('answers 207 for the ids that are not there', async () => {
    const id = simulator.store.addDeal({})
    const reply = await call(`${deals}/batch/read`, { inputs: [{ id }, { id: '999' }], properties: ['dealname'] })
    expect(reply.status).toBe(207)
    expect(reply.body.errors[0]).toMatchObject({ category: 'OBJECT_NOT_FOUND', context: { ids: ['999'] } })
  })

  test('computes won from the stage, and moves the time of change on every write', async () => {
    const id = simulator.store.addDeal({ stage: 'contractsent' })
    const before = simulator.store.deal(id)?.properties
    now += 1000
    await call(`${deals}/batch/update`, { inputs: [{ id, properties: { dealstage: 'closedwon' } }] })
    const after = simulator.store.deal(id)?.properties
    expect([before?.hs_is_closed_won, after?.hs_is_closed_won]).toEqual(['false', 'true'])
    expect(after?.hs_lastmodifieddate).toBe(new Date(now).toISOString())
  })

  test('shows the old values in the search while the index lags behind', async () => {
    const id = simulator.store.addDeal({ name: 'old', stage: 'contractsent' })
    simulator.store.setIndexDelay(5000)
    now += 6000
    simulator.store.updateDeal(id, { dealname: 'new' })
    const names = async () =>
      (await call(`${deals}/search`, { properties: ['dealname'] })).body.results[0]?.properties.dealname
    expect(await names()).toBe('old')
    now += 5000
    expect(await names()).toBe('new')
  })

  test('pages through search and list', async () => {
    const ids = Array.from({ length: 25 }, () => simulator.store.addDeal({}))
    const first = await call(`${deals}/search`, { limit: 10, sorts: ['hs_lastmodifieddate'] })
    const third = await call(`${deals}/search`, { limit: 10, after: '20', sorts: ['hs_lastmodifieddate'] })
    expect([first.body.total, first.body.paging.next.after, third.body.results.length, third.body.paging]).toEqual([
      25,
      '10',
      5,
      undefined,
    ])
    const list = await call(`${deals}?limit=20`)
    const rest = await call(`${deals}?limit=20&after=${list.body.paging.next.after}`)
    expect([...list.body.results, ...rest.body.results].map((one: { id: string }) => one.id)).toEqual(ids)
  })

  test('is seeded and looked into from another process', async () => {
    const seed = await call('/_simulator/seed', {
      companies: [{ name: 'Acme' }],
      deals: [{ name: 'Desks', company: 0, lines: [{ hs_sku: 'DESK', price: '12.5', quantity: '2' }] }],
    })
    const [id] = seed.body.deals
    expect((await call('/_simulator/deal', { id })).body).toMatchObject({
      properties: { dealname: 'Desks', amount: '25' },
    })
    await call('/_simulator/update', { object: 'deals', id, properties: { dealstage: 'closedlost' } })
    expect((await call('/_simulator/deals')).body[0].properties.hs_is_closed_won).toBe('false')
  })
})
