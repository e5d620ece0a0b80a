import { readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import nock from 'nock'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { Instant } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { odoo } from './index.ts'
import { startOdooSimulator } from './simulator/index.ts'

const clock = { now: () => '2026-11-24T09:00:00.000Z' as Instant, sleep: async () => {} }
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const open = (settings: Readonly<Record<string, Json>>) =>
  odoo.open(settings, { name: 'erp', http: openHttpClient({ clock, log }), clock, log })
const requiredOf = async (settings: Readonly<Record<string, Json>>, object: string) => {
  const { fields } = await open(settings).describe(object)
  return Object.entries(fields).flatMap(([name, field]) => (field.required ? [name] : []))
}

/** What a real Odoo 14 answered, less most of its fields. */
const recorded = JSON.parse(
  readFileSync(new URL('./recordings/res.users.fields_get.json', import.meta.url), 'utf8'),
) as { result: Readonly<Record<string, JsonObject>> }
const fake = { url: 'https://erp.example', database: 'acme', username: 'bot', password: 'secret' }
type Answer = (method: string) => { readonly result: Json } | { readonly error: Json }
/** Answers each call by its method. */
function answer(how: Answer): void {
  nock(fake.url)
    .persist()
    .post('/jsonrpc')
    .reply(200, async (request: Request) => {
      const { params } = (await request.json()) as { params: { service: string; method: string; args: Json[] } }
      const { service, method, args } = params
      return { jsonrpc: '2.0', id: 1, ...how(service === 'object' ? String(args[4]) : method) }
    })
}
function answerWith(replies: Readonly<Record<string, Json>>): void {
  answer((method) => {
    const result = replies[method]
    if (result === undefined) throw new Error(`not answered: ${method}`)
    return { result }
  })
}
const login = {
  version: { server_version: '14.0', server_version_info: [14, 0, 0, 'final', 0, ''] },
  authenticate: 2,
}
afterEach(() => nock.cleanAll())
// It takes the place of Node's own sockets in the whole process, which has other tests to run.
afterAll(() => nock.restore())

describe('the fields of a model', () => {
  test('are taken as a real Odoo describes them, those that a module makes up included', async () => {
    answerWith({ ...login, fields_get: recorded.result })
    const { fields } = await open(fake).describe('res.users')
    expect(fields.login).toMatchObject({ label: 'Login', type: 'text', writable: true })
    expect(fields.company_id).toMatchObject({ type: 'reference', relation: 'res.company' })
    expect(fields.sel_groups_2_3).toMatchObject({ label: 'Administration', type: 'text', options: ['false', '2', '3'] })
    expect(Object.keys(fields).filter((name) => name.startsWith('sel_groups_')).length).toBeGreaterThan(1)
  })

  test.each<[string, Json]>([
    ['no type', { string: 'Odd' }],
    ['a type that is no text', { type: 7, string: 'Odd' }],
    ['a relation that is none', { type: 'many2one', string: 'Odd', relation: false }],
    ['nothing at all', null],
  ])('are taken but for one with %s', async (_, odd) => {
    answerWith({ ...login, fields_get: { ...recorded.result, odd } })
    const { fields } = await open(fake).describe('res.users')
    expect([fields.odd, fields.login?.type]).toEqual([undefined, 'text'])
  })

  test.each<[string, JsonObject]>([
    ['choices', { selection: [['a']], states: {} }],
    ['states', { selection: [['a', 'A']], states: [] }],
    ['dependencies', { depends: 'x' }],
  ])('are taken where only the %s are of another shape', async (_, odd) => {
    answerWith({ ...login, fields_get: { odd: { type: 'selection', string: 'Odd', ...odd } } })
    expect((await open(fake).describe('res.users')).fields.odd).toMatchObject({ label: 'Odd', type: 'text' })
  })
})

describe('what must be given', () => {
  test.each(['14.0', '17.0', '19.0'])('is what Odoo %s has no default for and fills in nowhere', async (version) => {
    const simulator = await startOdooSimulator({ version })
    try {
      expect(await requiredOf(simulator.settings, 'sale.order')).toEqual(['partner_id'])
      expect(await requiredOf(simulator.settings, 'sale.order.line')).toEqual([])
      expect(await requiredOf(simulator.settings, 'res.partner')).toEqual([])
      // Of what we do not create, nothing is asked.
      expect(await requiredOf(simulator.settings, 'product.product')).toEqual([])
    } finally {
      await simulator.close()
    }
  })

  const needed = { type: 'char', string: 'Region', required: true, readonly: false, store: true, depends: [] }
  test.each<[string, JsonObject, JsonObject, readonly string[]]>([
    ['a field of a customer’s own without a default', needed, {}, ['x_region']],
    ['one with a default', needed, { x_region: 'EU' }, []],
    ['one with an empty default', needed, { x_region: false }, ['x_region']],
    ['a boolean that is false by default', { ...needed, type: 'boolean' }, { x_region: false }, []],
    ['a number that is 0 by default', { ...needed, type: 'float' }, { x_region: 0 }, []],
    ['one that is computed', { ...needed, depends: ['partner_id'] }, {}, []],
    ['one that is kept elsewhere', { ...needed, store: false }, {}, []],
  ])('%s', async (_, field, defaults, required) => {
    answerWith({ ...login, fields_get: { x_region: field }, default_get: defaults })
    expect(await requiredOf(fake, 'sale.order')).toEqual(required)
  })

  test('is nothing where the defaults cannot be asked for', async () => {
    const replies: Readonly<Record<string, Json>> = { ...login, fields_get: { x_region: needed } }
    answer((method) =>
      replies[method] === undefined
        ? {
            error: {
              code: 200,
              message: 'Odoo Server Error',
              data: { name: 'builtins.KeyError', message: 'active_id' },
            },
          }
        : { result: replies[method] },
    )
    expect(await requiredOf(fake, 'sale.order')).toEqual([])
  })
})
