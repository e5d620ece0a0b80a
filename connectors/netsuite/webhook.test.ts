import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import type { Instant } from '../../src/core/time.ts'
import type { WebhookVerdict } from '../../src/ports/connector.ts'
import { settings } from './settings.ts'
import { openReceiver } from './webhook.ts'

const secret = 'shared-with-the-script'
const start = '2026-11-24T09:00:00.000Z' as Instant
const seconds = Date.parse(start) / 1000
const tokens = { account: '1', consumerKey: 'a', consumerSecret: 'b', tokenId: 'c', tokenSecret: 'd' }
const open = (now: Instant = start, more: object = { webhookSecret: secret }) =>
  openReceiver(settings.parse({ ...tokens, ...more }), { now: () => now, sleep: async () => {} })
const receive = open()

const sign = (body: string, at = seconds, key = secret) =>
  `t=${at},v1=${createHmac('sha256', key).update(`${at}.${body}`).digest('hex')}`
function send(body: string, signature: string | undefined): WebhookVerdict | undefined {
  return receive?.({
    method: 'POST',
    url: 'https://crosswalk.test/hooks/netsuite/token',
    headers: signature === undefined ? {} : { 'x-crosswalk-signature': signature },
    body: Buffer.from(body),
  })
}
const order = JSON.stringify({ type: 'salesorder', id: '90321', event: 'edit', order: '90321' })

describe('an event of the user event script', () => {
  test.each([
    [{ type: 'salesorder', id: '90321', event: 'create' }, '90321'],
    [{ type: 'itemfulfillment', id: '5', order: '90321', event: 'ship' }, '90321'],
    [{ type: 'invoice', id: 6, order: 90321, event: 'create', more: 'of a newer script' }, '90321'],
  ])('%j hints at order %s', (payload, id) => {
    const body = JSON.stringify(payload)
    expect(send(body, sign(body))).toMatchObject({ accept: true, events: [{ hint: { object: 'salesOrder', id } }] })
  })

  test('that names no order is taken and waits for the poll', () => {
    const body = JSON.stringify({ type: 'customerpayment', id: '7', order: null, event: 'create' })
    expect(send(body, sign(body))).toMatchObject({ accept: true, events: [{ hint: null }] })
  })

  test('is one event when it comes again, and another when the record is saved again', () => {
    const id = (at: number, spell = (signature: string) => signature) => {
      const verdict = send(order, spell(sign(order, at)))
      return verdict?.accept === true ? verdict.events[0]?.id : null
    }
    expect(id(seconds)).toBe(id(seconds))
    const capitals = (signature: string) => signature.replace(/v1=(.*)/, (_, hex: string) => `v1=${hex.toUpperCase()}`)
    expect(id(seconds, capitals)).toBe(id(seconds))
    expect(id(seconds)).not.toBe(id(seconds + 1))
  })

  test.each([
    ['without a signature', order, undefined],
    ['with a signature of another form', order, 'sha256=abc'],
    ['signed with another secret', order, sign(order, seconds, 'other')],
    ['whose body was changed', order.replace('90321', '90322'), sign(order)],
    ['whose time was changed', order, sign(order).replace(String(seconds), String(seconds + 1))],
    ['older than five minutes', order, sign(order, seconds - 301)],
    ['from the future', order, sign(order, seconds + 301)],
  ])('%s is refused', (_, body, signature) => {
    expect(send(body, signature)).toMatchObject({ accept: false, status: 401 })
  })

  test.each([
    ['not json'],
    ['[]'],
    ['{"type":"salesorder","event":"edit"}'],
    ['{"type":"salesorder","id":"x","event":"e"}'],
  ])('that cannot be read is refused: %s', (body) => {
    expect(send(body, sign(body))).toMatchObject({ accept: false, status: 400 })
  })

  test('is refused by a connection without a secret', () => {
    expect(open(start, {})).toBeNull()
  })
})

/* The script itself, with small stand-ins for the modules of NetSuite that it uses. */

interface Sent {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}
interface Context {
  readonly type: string
  readonly newRecord?: object
  readonly oldRecord?: object
}

function loadScript(options: { url?: string; code?: number; fails?: boolean } = {}) {
  const sent: Sent[] = []
  const errors: string[] = []
  const parameters: Readonly<Record<string, string>> = {
    custscript_crosswalk_url: options.url ?? 'https://crosswalk.test/hooks/netsuite/token',
    custscript_crosswalk_secret: 'custsecret_crosswalk',
  }
  const modules: Readonly<Record<string, object>> = {
    'N/crypto': {
      HashAlg: { SHA256: 'SHA256' },
      createSecretKey: (given: { secret: string; encoding: string }) => given,
      createHmac({ key }: { algorithm: string; key: { secret: string } }) {
        expect(key.secret).toBe('custsecret_crosswalk')
        const hmac = createHmac('sha256', secret)
        return {
          update: ({ input }: { input: string }) => void hmac.update(input),
          // NetSuite writes hexadecimal digits in capitals.
          digest: () => hmac.digest('hex').toUpperCase(),
        }
      },
    },
    'N/encode': { Encoding: { UTF_8: 'UTF_8', HEX: 'HEX' } },
    'N/https': {
      post(request: Sent) {
        if (options.fails === true) throw new Error('SSS_CONNECTION_TIME_OUT')
        sent.push(request)
        return { code: options.code ?? 200 }
      },
    },
    'N/log': { error: ({ details }: { details: string }) => void errors.push(details) },
    'N/runtime': {
      getCurrentScript: () => ({ getParameter: ({ name }: { name: string }) => parameters[name] ?? null }),
    },
  }
  const path = 'suitescript/FileCabinet/SuiteScripts/crosswalk/crosswalk_user_event.js'
  const loaded: { script: { afterSubmit(context: Context): void } | null } = { script: null }
  const clock = new Proxy(Date, {
    get: (target, name) => (name === 'now' ? () => Date.parse(start) : Reflect.get(target, name)),
  })
  runInNewContext(readFileSync(join(import.meta.dirname, path), 'utf8'), {
    Date: clock,
    define(names: readonly string[], make: (...given: object[]) => typeof loaded.script) {
      loaded.script = make(...names.map((name) => modules[name] ?? {}))
    },
  })
  if (loaded.script === null) throw new Error('the script defines nothing')
  return { script: loaded.script, sent, errors }
}
const record = (type: string, id: number, createdfrom: unknown = '') => ({
  type,
  id,
  getValue: ({ fieldId }: { fieldId: string }) => (fieldId === 'createdfrom' ? createdfrom : null),
})

describe('the user event script', () => {
  test.each<[Context, string | null]>([
    [{ type: 'create', newRecord: record('salesorder', 90321) }, '90321'],
    [{ type: 'ship', newRecord: record('itemfulfillment', 5, '90321') }, '90321'],
    [{ type: 'xedit', newRecord: record('invoice', 6), oldRecord: record('invoice', 6, 90321) }, '90321'],
    [{ type: 'delete', oldRecord: record('salesorder', 90321) }, '90321'],
    [{ type: 'create', newRecord: record('customerpayment', 7) }, null],
  ])('sends what the connection accepts: %j', (context, id) => {
    const { script, sent, errors } = loadScript()
    script.afterSubmit(context)
    expect(errors).toEqual([])
    const [request] = sent
    expect(request?.url).toBe('https://crosswalk.test/hooks/netsuite/token')
    const hint = id === null ? null : { object: 'salesOrder', id }
    expect(send(request?.body ?? '', request?.headers['X-Crosswalk-Signature'])).toMatchObject({
      accept: true,
      events: [{ hint }],
    })
  })

  test('lets people save whatever goes wrong', () => {
    const broken = loadScript({ fails: true })
    broken.script.afterSubmit({ type: 'edit', newRecord: record('salesorder', 1) })
    const refused = loadScript({ code: 401 })
    refused.script.afterSubmit({ type: 'edit', newRecord: record('salesorder', 1) })
    expect([broken.errors, refused.errors]).toEqual([
      ['Error: SSS_CONNECTION_TIME_OUT'],
      ['salesorder 1: answered with status 401'],
    ])
  })

  test('does nothing while no address is set', () => {
    const { script, sent, errors } = loadScript({ url: '' })
    script.afterSubmit({ type: 'edit', newRecord: record('salesorder', 1) })
    expect([sent, errors]).toEqual([[], []])
  })
})
