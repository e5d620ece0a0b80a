import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { flawless, prove, settle, stock, until } from '../faults/proof.ts'
import { webhookToken } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

let rig: Rig
let server: RunningServer
let shop: ReturnType<typeof stock>
const log: string[] = []
const webhookSecret = 'secret-of-the-webhook-app'

beforeAll(async () => {
  // No schedule and a long index delay: what arrives here arrives by webhook.
  rig = await openRig({ simulators: { hubspot: { indexDelayMs: 3_600_000 } }, crm: { webhookSecret } })
  const project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  await project.close()
  server = await startServer({
    config: rig.config,
    home: rig.home,
    environment: {},
    role: 'all',
    log: (line) => void log.push(line),
  })
  rig.hubspot.store.sendWebhooks({ url: hook(), clientSecret: webhookSecret, copies: 3, reversed: true })
})
afterAll(async () => {
  await server.close()
  await rig.close()
})

const hook = (token = webhookToken) => `${server.url}/hooks/hubspot/${token}`
const orderOf = (id: string) => rig.odoo.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))

const lastLines = () => log.slice(-20).join('')

describe('webhooks', () => {
  test('that come three times and in the wrong order make each order once', async () => {
    const ids = shop.win(10)
    const statuses = await rig.hubspot.store.flushWebhooks()
    expect(new Set(statuses)).toEqual(new Set([204]))
    await until(
      () => ids.every((id) => (rig.hubspot.store.deal(id)?.properties.erp_status ?? '') === 'ready'),
      'ten orders',
      lastLines,
    )
    expect(await rig.hubspot.store.redeliverWebhooks()).toEqual(expect.arrayContaining([204]))
    const project = await rig.open()
    await settle(project)
    expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 10 })
    await project.close()
  })

  const body = JSON.stringify([
    {
      eventId: 1,
      subscriptionId: 1,
      portalId: 4711,
      appId: 1,
      occurredAt: Date.now(),
      subscriptionType: 'deal.propertyChange',
      attemptNumber: 0,
      objectId: 1,
      propertyName: 'dealstage',
      propertyValue: 'closedwon',
    },
  ])
  const signed = (text: string, at: number, secret = webhookSecret, url = hook()) => ({
    'content-type': 'application/json',
    'x-hubspot-request-timestamp': String(at),
    'x-hubspot-signature-v3': createHmac('sha256', secret).update(`POST${url}${text}${at}`).digest('base64'),
  })
  test.each([
    ['a good signature', 204, () => ({ headers: signed(body, Date.now()), text: body })],
    ['no signature', 401, () => ({ headers: {}, text: body })],
    ['a signature of another secret', 401, () => ({ headers: signed(body, Date.now(), 'forged'), text: body })],
    ['a signature of another body', 401, () => ({ headers: signed('[]', Date.now()), text: body })],
    ['a signature of ten minutes ago', 401, () => ({ headers: signed(body, Date.now() - 600_000), text: body })],
    ['a signature of ten minutes ahead', 401, () => ({ headers: signed(body, Date.now() + 600_000), text: body })],
    ['a body that is no JSON', 400, () => ({ headers: signed('{', Date.now()), text: '{' })],
    ['a body over the limit', 413, () => ({ headers: signed('x', Date.now()), text: `[${' '.repeat(3_000_000)}]` })],
  ] as const)('with %s are answered %d', async (_name, status, make) => {
    const { headers, text } = make()
    const answer = await fetch(hook(), { method: 'POST', headers: headers as Record<string, string>, body: text })
    expect(answer.status).toBe(status)
  })

  test('at a wrong address are a 404 that tells nothing', async () => {
    for (const url of [hook('wrong-token-wrong-token-wrong'), `${server.url}/hooks/nobody/${webhookToken}`]) {
      const answer = await fetch(url, { method: 'POST', body: '[]' })
      expect([answer.status, await answer.text()]).toEqual([404, ''])
    }
  })
})

test('serves the API with its token alone, health and readiness without', async () => {
  const token = (await readFile(`${rig.home}/api-token`, 'utf8')).trim()
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${server.url}${path}`, { headers })
  expect((await get('/api/v1/status')).status).toBe(401)
  const status = await get('/api/v1/status', { authorization: `Bearer ${token}` })
  expect(status.status).toBe(200)
  expect(JSON.stringify(await status.json())).not.toContain('test-token')
  expect((await get('/healthz')).status).toBe(200)
  expect((await get('/readyz')).status).toBe(200)
  const metrics = await (await get('/metrics', { authorization: `Bearer ${token}` })).text()
  expect(metrics).toMatch(/crosswalk_orders_created_total\{sync="orders"\} [1-9]/)
})

test('tells of changes that another process makes, and ends its streams when it ends', async () => {
  const options = { config: rig.config, home: rig.home, environment: {}, log: () => undefined }
  const beside = await startServer({ ...options, role: 'api', port: 0 })
  const token = (await readFile(`${rig.home}/api-token`, 'utf8')).trim()
  const stream = await fetch(`${beside.url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` } })
  let told = ''
  const over = stream.body?.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(text) {
        told += text
      },
    }),
  )
  shop.win(1)
  await rig.hubspot.store.flushWebhooks()
  await until(
    () => told.includes('deals'),
    'an order',
    () => told,
  )
  await beside.close()
  // A stream that was cut off would fail here.
  await over
})

test('the command line works beside the running server', async () => {
  const { code, out } = await rig.cli('status', '--json').done
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    syncs: expect.arrayContaining([expect.objectContaining({ sync: 'orders' })]),
  })
})

test('SIGTERM lets the work in hand come to its end, and the next start loses nothing', async () => {
  const ids = shop.win(40)
  rig.odoo.fault({ match: { body: '"load"' }, kind: 'slow', delayMs: 400, times: 3 })
  const child = rig.cli('start', '--role', 'worker')
  await until(() => child.printed().includes('"started"'), 'a worker', lastLines)
  await rig.hubspot.store.flushWebhooks()
  child.kill('SIGTERM')
  const { code } = await child.done
  expect(code).toBe(0)
  await until(() => ids.every((id) => orderOf(id)?.state === 'sale'), 'forty orders', lastLines)
  const project = await rig.open()
  await settle(project)
  expect(await prove(rig, project)).toMatchObject(flawless)
  await project.close()
})

test('a server with two workers and the command line at once make each order once', async () => {
  const worker = rig.cli('start', '--role', 'worker')
  const other = rig.cli('start', '--role', 'worker')
  await until(() => [worker, other].every((one) => one.printed().includes('"started"')), 'two workers', lastLines)
  shop.win(60)
  await Promise.all([rig.cli('run').done, rig.cli('run').done, rig.hubspot.store.flushWebhooks()])
  const project = await rig.open()
  await settle(project)
  expect(await prove(rig, project)).toMatchObject(flawless)
  await project.close()
  worker.kill('SIGTERM')
  other.kill('SIGTERM')
  expect([(await worker.done).code, (await other.done).code]).toEqual([0, 0])
})
