import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Fault } from '../../src/simulator/server.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'
import { flawless, prove, settle, stock, summary } from './proof.ts'

const busy = {
  jsonrpc: '2.0',
  id: 1,
  error: {
    code: 200,
    message: 'Odoo Server Error',
    data: {
      name: 'psycopg2.errors.SerializationFailure',
      message: 'could not serialize access due to concurrent update',
      arguments: [],
      debug: '',
    },
  },
}

interface Scenario {
  readonly name: string
  readonly hubspot?: readonly Fault[]
  readonly odoo?: readonly Fault[]
}
const load = { match: { body: '"load"' } }
const confirm = { match: { body: '"action_confirm"' } }
const update = { match: { path: '/batch/update' } }
const status = (code: number, headers: Record<string, string> = {}) => ({
  kind: 'status' as const,
  status: code,
  body: { message: 'busy' },
  headers,
})

/** Each strikes a run of twenty good deals and a bad one. */
const scenarios: readonly Scenario[] = [
  { name: 'the answer to a load is lost after the commit', odoo: [{ ...load, kind: 'lose_answer', times: 2 }] },
  { name: 'the answer to a load is cut off', odoo: [{ ...load, kind: 'cut', times: 2 }] },
  { name: 'a load is refused before it is done', odoo: [{ ...load, kind: 'refuse', times: 2 }] },
  { name: 'the answer to a confirmation is lost', odoo: [{ ...confirm, kind: 'lose_answer', times: 2 }] },
  { name: 'the answer to a confirmation is cut off', odoo: [{ ...confirm, kind: 'cut' }] },
  { name: 'the second load alone is lost', odoo: [{ ...load, kind: 'lose_answer', skip: 1 }] },
  { name: 'Odoo answers 502 to writes', odoo: [{ ...load, ...status(502), times: 2 }] },
  { name: 'Odoo answers 503 to everything for a while', odoo: [{ match: {}, ...status(503), times: 12 }] },
  {
    name: 'Odoo answers 429 with Retry-After',
    odoo: [{ match: {}, ...status(429, { 'retry-after': '1' }), times: 3 }],
  },
  { name: 'Odoo loses a race', odoo: [{ ...load, kind: 'status', status: 200, body: busy, times: 2 }] },
  { name: 'reads of Odoo are cut off', odoo: [{ match: { body: '"search_read"' }, kind: 'cut', times: 3 }] },
  {
    name: 'Odoo answers something that is no JSON',
    odoo: [{ match: { body: '"load"' }, kind: 'status', status: 200, body: '<html>proxy</html>', times: 2 }],
  },
  { name: 'the answer to a write-back is lost', hubspot: [{ ...update, kind: 'lose_answer', times: 2 }] },
  { name: 'a write-back is cut off', hubspot: [{ ...update, kind: 'cut', times: 2 }] },
  { name: 'HubSpot answers 502 to a write-back', hubspot: [{ ...update, ...status(502), times: 2 }] },
  {
    name: 'HubSpot answers 429 to reads and writes',
    hubspot: [
      {
        match: {},
        kind: 'status',
        status: 429,
        headers: { 'retry-after': '1' },
        body: {
          status: 'error',
          policyName: 'TEN_SECONDLY_ROLLING',
          message: 'You have reached your ten_secondly_rolling limit.',
        },
        times: 4,
      },
    ],
  },
  { name: 'HubSpot answers 503 for a while', hubspot: [{ match: {}, ...status(503), times: 12 }] },
  {
    name: 'the search of HubSpot breaks off between pages',
    hubspot: [{ match: { path: '/search' }, kind: 'cut', times: 3 }],
  },
  {
    name: 'everything at once',
    hubspot: [
      { match: {}, kind: 'refuse', skip: 3, times: 3 },
      { ...update, kind: 'lose_answer' },
    ],
    odoo: [
      { ...load, kind: 'lose_answer' },
      { ...confirm, kind: 'cut' },
      { match: {}, ...status(502), skip: 9, times: 2 },
    ],
  },
]

describe('after a fault', () => {
  let rig: Rig
  let opened: OpenProject
  let shop: ReturnType<typeof stock>
  let lines = ''
  let bad = 0

  beforeAll(async () => {
    rig = await openRig({ hubspot: { indexDelaySeconds: 0 }, orders: { batch: 8 }, odoo: { loadOrders: 4 } })
    opened = await rig.open()
    shop = stock(rig)
    await opened.crosswalk.setup('hubspot')
    await settle(opened)
  })
  afterAll(async () => {
    process.stderr.write(lines)
    await opened.close()
    await rig.close()
  })
  afterEach(() => {
    rig.hubspot.clearFaults()
    rig.odoo.clearFaults()
  })

  test.each(scenarios)(
    '$name',
    async ({ name, hubspot = [], odoo = [] }) => {
      const won = [...shop.win(20), shop.winUnknown()]
      rig.hubspot.fault(...hubspot)
      rig.odoo.fault(...odoo)
      await settle(opened)
      const proof = await prove(rig, opened)
      lines += summary(name, proof)
      bad += 1
      expect(proof).toMatchObject({ ...flawless, problems: bad })
      const delivered = new Set(
        rig.odoo.store.orders().map((order) => /_deal_(\w+)$/.exec(order.externalId ?? '')?.[1]),
      )
      expect(won.filter((id) => !delivered.has(id))).toEqual(won.slice(-1))
    },
    90_000,
  )

  test('an expired login pauses the connection, and work goes on once it is mended', async () => {
    shop.win(5)
    const before = rig.odoo.store.orders().length
    const refused: Fault = {
      match: {},
      kind: 'status',
      status: 401,
      body: { status: 'error', category: 'EXPIRED_AUTHENTICATION', message: 'expired' },
      times: 1000,
    }
    rig.hubspot.fault(refused)
    const report = await opened.crosswalk.run([], {})
    expect(report.syncs[0]?.stopped?.problem.kind).toBe('auth_rejected')
    rig.hubspot.resetCalls()
    await opened.crosswalk.run([], {})
    expect(rig.odoo.store.orders()).toHaveLength(before)
    rig.hubspot.clearFaults()
    const [check] = await opened.crosswalk.check(['hubspot'])
    expect(check?.failure).toBeNull()
    await settle(opened)
    expect(await prove(rig, opened)).toMatchObject(flawless)
    expect(rig.odoo.store.orders()).toHaveLength(before + 5)
  }, 60_000)
})
