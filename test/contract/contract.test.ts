import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { IANAZone } from 'luxon'
import { examples, registry } from '../../connectors/registry.ts'
import { simulators } from '../../connectors/simulators.ts'
import { askedSettings } from '../../src/cli/template.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { secretNames } from '../../src/core/secrets.ts'
import type { Instant } from '../../src/core/time.ts'
import type { Connection, ObjectSchema, Write } from '../../src/ports/connector.ts'
import {
  absent,
  askForMore,
  type CrmSubject,
  type ErpSubject,
  type Followed,
  failureFrom,
  openCrm,
  openErp,
  poll,
  readsOf,
  type Subject,
  secretsOf,
} from './subjects.ts'
import { waivers } from './waivers.ts'

/*
 * What the engine takes for granted of every connector, examples included, each before its simulator.
 */

const beginning = { from: '2026-01-01T00:00:00.000Z' as Instant }
const connectors = [...registry, ...examples]
const named = new Set<string>()

/** Registers a test of the contract, unless it is waived for this connector. */
function holds(connector: string, title: string, work: () => Promise<void> | void): void {
  named.add(title)
  if (waivers.some((one) => one.connector === connector && one.test === title)) return
  test(title, work)
}

test('every connector has a simulator, and no simulator is without a connector', () => {
  expect(Object.keys(simulators).sort()).toEqual(connectors.map(({ name }) => name).sort())
})

describe.each(connectors)('$name', ({ name, role }) => {
  let subject: Subject & Followed
  const open = async (): Promise<Subject & Followed> => (role === 'crm' ? openCrm(name) : openErp(name))
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject.close())

  holds(name, 'can be set up with what `crosswalk init` asks for', async () => {
    const { connector } = subject
    const asked = askedSettings(connector).map(({ name: key }) => [key, subject.system.settings[key]])
    expect(connector.settings.safeParse(Object.fromEntries(asked)).error?.issues ?? []).toEqual([])
  })

  holds(name, 'offers what its settings and conditions take, and changes nothing', async () => {
    const { connector, connection, system } = subject
    for (const { subject: title, options, decides, otherwise } of await connection.choices()) {
      expect(title).toMatch(/./)
      expect(options.length).toBeGreaterThan(0)
      expect(new Set(options.map(({ value }) => value)).size).toBe(options.length)
      for (const { label } of options) expect(label).toMatch(/./)
      if (decides === null) continue
      expect(otherwise).toMatch(/./)
      const values = options.map(({ value }) => value)
      if ('setting' in decides) {
        for (const value of decides.several ? [values] : values) {
          const settings = { ...system.settings, [decides.setting]: value }
          expect(connector.settings.safeParse(settings).error?.issues ?? []).toEqual([])
        }
      } else {
        if (!('crm' in system)) throw new Error('conditions are on deals')
        const object = (system as CrmSubject['system']).words.deal
        const watch = { object, paths: ['id'], where: [{ [decides.where]: values }] }
        const found: string[] = []
        for await (const page of connection.changes(watch, beginning)) found.push(...page.ids)
        expect(found).not.toEqual([])
      }
    }
  })

  holds(name, 'says what its setup creates, and that it is there afterwards', async () => {
    const lacking = async (opened: Connection) =>
      (await opened.check()).findings.some(({ bySetup }) => bySetup === true)
    // The subject has been set up, where there is anything to be set up.
    expect(await lacking(subject.connection)).toBe(false)
    if (subject.connection.setup === null) return
    const fresh = await simulators[name]?.()
    if (fresh === undefined) throw new Error('there is no simulator')
    const open = () => subject.open(fresh.settings)
    try {
      expect(await lacking(open())).toBe(true)
      await open().setup?.()
      expect(await lacking(open())).toBe(false)
    } finally {
      await fresh.close()
    }
  })

  holds(name, 'opens without calling anybody', async () => {
    subject.calls()
    subject.open()
    expect(subject.calls()).toBe(0)
  })

  holds(name, 'proves its login and says whose account it is', async () => {
    const { account, findings } = await subject.connection.check()
    expect(findings.filter((finding) => finding.level === 'error')).toEqual([])
    expect(findings.map((finding) => finding.subject)).toContain('login')
    expect(account.id).toMatch(/./)
    expect(IANAZone.isValidZone(account.timeZone)).toBe(true)
    expect(account.currency).toMatch(/^[A-Z]{3}$/)
    expect((await subject.open().check()).account).toEqual(account)
  })

  holds(name, 'refuses a wrong secret as a login, and shows none', async () => {
    const secrets = secretNames(subject.connector.settings).flatMap((key): [string, string][] => {
      const value = subject.system.settings[key]
      return key === 'webhookSecret' || typeof value !== 'string' ? [] : [[key, value]]
    })
    expect(secrets.length).toBeGreaterThan(0)
    for (const [key, right] of secrets) {
      const wrong = wrongFor(right)
      const failure = await failureFrom(subject.open({ [key]: wrong }).check())
      expect(failure?.problem.kind).toBe('auth_rejected')
      expect(JSON.stringify([failure, subject.log])).not.toContain(wrong)
    }
  })

  holds(name, 'says that the system is not there', async () => {
    const moved = Object.entries(subject.system.settings).filter(([, value]) => value === subject.system.url)
    expect(moved.length).toBeGreaterThan(0)
    const nowhere = Object.fromEntries(moved.map(([key]): [string, Json] => [key, 'http://127.0.0.1:9']))
    expect((await failureFrom(subject.open(nowhere).check()))?.problem.kind).toBe('unavailable')
  })

  holds(name, 'is simulated by what refuses a request that asks for more than it reads', async () => {
    const { system, connection, object, ids } = subject
    const asked = await readsOf(system, async () => {
      await connection.check()
      await connection.describe(object)
      await poll(connection, object, beginning)
      await connection.read(object, ids, [])
    })
    expect(asked.length).toBeGreaterThan(0)
    const answered: string[] = []
    for (const request of asked) {
      const { status, body } = await askForMore(system, request)
      if (status < 400) answered.push(`${request.method} ${request.path}: ${status} ${body.slice(0, 80)}`)
    }
    expect(answered).toEqual([])
  })

  holds(name, 'describes an object, and says which one it does not have', async () => {
    const { fields } = await subject.connection.describe(subject.object)
    expect(Object.keys(fields).length).toBeGreaterThan(3)
    const failure = await failureFrom(subject.connection.describe('no_such_object'))
    expect(failure?.problem.kind).toBe('configuration_invalid')
    expect(failure?.message).toContain('no_such_object')
  })

  holds(name, 'tells every change, none of them again, and asks one call when there is none', async () => {
    const first = await poll(subject.connection, subject.object, beginning)
    expect([...new Set(first.ids)].sort()).toEqual([...subject.ids].sort())
    subject.pass(20)
    const second = await poll(subject.connection, subject.object, first.next)
    expect(second.ids).toEqual([])
    subject.pass(2)
    subject.calls()
    const third = await poll(subject.connection, subject.object, second.next)
    expect([third.ids, subject.calls()]).toEqual([[], 1])
    const [, touched = ''] = subject.ids
    subject.touch(touched)
    subject.pass(2)
    const fourth = await poll(subject.connection, subject.object, third.next)
    expect(new Set(fourth.ids)).toEqual(new Set([touched]))
    // The same place again: what comes back may repeat, and never skips.
    expect(new Set((await poll(subject.open(), subject.object, third.next)).ids)).toEqual(new Set([touched]))
  })

  holds(name, 'says of a cursor that is none of its own that it cannot be read', async () => {
    for (const cursor of [{}, { from: 'yesterday', since: 7 }, { someone: 'else' }]) {
      const failure = await failureFrom(poll(subject.connection, subject.object, { cursor }))
      expect(failure?.problem).toEqual({ kind: 'configuration_invalid', path: 'cursor' })
    }
  })

  holds(name, 'tells with a change no version but those that reading gives', async () => {
    const { next } = await poll(subject.connection, subject.object, beginning)
    await subject.connection.read(subject.object, subject.ids, ['id'])
    for (const id of subject.ids) subject.touch(id)
    subject.pass(2)
    const { ids, versions } = await poll(subject.connection, subject.object, next)
    const records = await subject.connection.read(subject.object, ids, ['id'])
    for (const [place, id] of ids.entries()) {
      if (versions[id] !== undefined) expect(versions[id]).toContain(records[place]?.version)
    }
  })

  holds(name, 'reads in the order that was asked for, and null for what is not there', async () => {
    const [a = '', b = '', c = ''] = subject.ids
    const ids = [c, absent(a), a, b, c]
    const records = await subject.connection.read(subject.object, ids, ['id'])
    expect(records.map((record) => record?.id ?? null)).toEqual([c, null, a, b, c])
  })

  holds(name, 'makes no call for nothing', async () => {
    subject.calls()
    expect(await subject.connection.read(subject.object, [], ['id'])).toEqual([])
    expect(await subject.connection.find(subject.object, [])).toEqual([])
    expect(await subject.connection.write([])).toEqual([])
    expect(subject.calls()).toBe(0)
  })

  holds(name, 'describes what it writes, with fields that can be written', async () => {
    const { writes } = subject.connection
    expect(Object.keys(writes)).toContain(subject.object)
    for (const object of Object.keys(writes)) {
      const { fields } = await subject.connection.describe(object)
      expect([object, isSomewhereWritable(fields)]).toEqual([object, true])
    }
  })

  holds(name, 'refuses what its `writes` does not list, without a call, and says what it does', async () => {
    const { writes } = subject.connection
    const unlisted = [...Object.keys(writes), 'no_such_object', 'constructor'].flatMap((object) => {
      const listed = Object.hasOwn(writes, object) ? writes[object] : undefined
      const all = everyWrite(object, subject.ids[0] ?? '')
      return all.filter((one) =>
        one.do === 'create' ? listed?.create !== true : listed?.acts.includes(one.do) !== true,
      )
    })
    expect(unlisted.length).toBeGreaterThan(4)
    subject.calls()
    const outcomes = await subject.connection.write(unlisted)
    expect(subject.calls()).toBe(0)
    for (const [place, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ ok: false, failure: { problem: { kind: 'configuration_invalid' } } })
      const { message = '', fix = '' } = outcome.ok ? {} : outcome.failure
      expect(message).toContain(unlisted[place]?.object)
      expect(fix).toContain(subject.object)
    }
  })

  holds(name, 'waits when it is told to, and goes on', async () => {
    subject.system.fault({ match: {}, ...subject.system.trouble.rateLimited, times: 2 })
    const failure = await failureFrom(subject.connection.read(subject.object, subject.ids, ['id']))
    subject.system.clearFaults()
    // A limit that ends soon is waited for; one of hours is the engine's to wait for.
    if (failure?.problem.kind === 'rate_limited') expect(failure.problem.retryAfterMs).toBeGreaterThan(30_000)
    else expect(failure).toBeNull()
    expect(await subject.connection.read(subject.object, subject.ids, ['id'])).toHaveLength(subject.ids.length)
  })

  holds(name, 'tells every quota of its system, and what others use of it', async () => {
    const { quota } = subject.system
    const read = async () => {
      subject.learned()
      await subject.connection.read(subject.object, subject.ids, ['id'])
      return new Map(subject.learned().map((one) => [one.name, one]))
    }
    if (quota === null) return expect(await read()).toEqual(new Map())
    quota.limit(5000)
    const before = [...(await read()).values()]
    expect(before.map(({ limit, windowMs }) => [limit, windowMs > 0])).toEqual(Array(quota.windows).fill([5000, true]))
    quota.spend(1000)
    const after = await read()
    const gone = before.map(({ name: window, remaining }) => remaining - (after.get(window)?.remaining ?? remaining))
    expect(Math.max(...gone)).toBeGreaterThan(1000)
    // Once all is used up, a call is refused for that, and for nothing else.
    quota.limit(1)
    const failure = await failureFrom(subject.connection.read(subject.object, subject.ids, ['id']))
    expect(failure?.problem.kind).toBe('rate_limited')
    quota.limit(1_000_000)
  })

  holds(name, 'waits for a day at most, whatever it is told', async () => {
    const { rateLimited } = subject.system.trouble
    for (const told of ['1795748296', '99999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
      subject.system.fault({
        match: {},
        ...rateLimited,
        headers: { ...rateLimited.headers, 'retry-after': told },
        times: 1000,
      })
      const failure = await failureFrom(subject.connection.read(subject.object, subject.ids, ['id']))
      subject.system.clearFaults()
      const waitMs = failure?.problem.kind === 'rate_limited' ? failure.problem.retryAfterMs : 0
      expect([told, waitMs <= 86_400_000]).toEqual([told, true])
    }
    expect(await subject.connection.read(subject.object, subject.ids, ['id'])).toHaveLength(subject.ids.length)
  })

  holds(name, 'takes nothing for an answer that is none', async () => {
    for (const body of ['<html>a proxy</html>', '{"half":', '[]', '"text"']) {
      subject.system.fault({ match: {}, kind: 'status', status: 200, body, times: 50 })
      const failure = await failureFrom(subject.connection.read(subject.object, subject.ids, ['id']))
      subject.system.clearFaults()
      expect([body, failure?.problem.kind]).toEqual([body, 'bad_reply'])
    }
  })

  holds(name, 'goes on after a login that expired, or says that it was refused', async () => {
    subject.system.fault({ match: {}, ...subject.system.trouble.loginExpired, times: 1000 })
    const failure = await failureFrom(subject.connection.read(subject.object, subject.ids, ['id']))
    subject.system.clearFaults()
    expect(failure?.problem.kind).toBe('auth_rejected')
    expect(subject.calls()).toBeLessThan(20)
    expect(await subject.connection.read(subject.object, subject.ids, ['id'])).toHaveLength(subject.ids.length)
  })

  holds(name, 'has shown no secret in all of this', async () => {
    for (const [, value] of secretsOf(subject.connector, subject.system.settings))
      expect(subject.log.join('')).not.toContain(value)
  })
})

describe.each(connectors.filter(({ role }) => role === 'crm'))('$name as a CRM', ({ name }) => {
  let subject: CrmSubject
  beforeAll(async () => {
    subject = await openCrm(name)
  })
  afterAll(() => subject.close())
  const update = (id: string, fields: Readonly<Record<string, Json>>) =>
    ({ do: 'update', object: subject.object, id, key: null, fields, lines: null }) as const

  holds(name, 'makes its fields once, and finds them there after', async () => {
    const steps = (await subject.connection.setup?.()) ?? []
    expect(steps.length).toBeGreaterThan(8)
    expect(new Set(steps.map((step) => step.outcome))).toEqual(new Set(['present']))
  })

  holds(name, 'finds by a field, whatever the case, in the order of the queries', async () => {
    const { name: field } = subject.system.words
    const queries = ['DEAL two', 'nobody', 'Deal One'].map((value) => ({ fields: { [field]: value } }))
    const found = await subject.connection.find(subject.object, queries)
    expect(found.map((matches) => matches.map((match) => match.id))).toEqual([[subject.ids[1]], [], [subject.ids[0]]])
  })

  holds(name, 'takes hostile text for text', async () => {
    const hostile = [`' OR Name != '`, `\\' OR 1=1 --`, '%', '_', '*', '"', 'Deal \\'].map((value) => ({
      fields: { [subject.system.words.name]: value },
    }))
    expect((await subject.connection.find(subject.object, hostile)).flat()).toEqual([])
  })

  holds(name, 'writes what it can, and names what it cannot', async () => {
    const [a = '', b = ''] = subject.ids
    const { shown } = subject.system.words
    const outcomes = await subject.connection.write([
      update(a, { [shown]: 'S1' }),
      update(absent(a), { [shown]: 'S2' }),
      update(a, { no_such_field: 'x' }),
      update(b, { [shown]: 'S3' }),
    ])
    const kinds = outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.problem.kind))
    expect(kinds).toEqual(['ok', 'record_gone', 'configuration_invalid', 'ok'])
    expect(subject.ids.map((id) => subject.system.crm.deal(id)?.shown.orderNumber)).toEqual(['S1', 'S3', null])
    expect(outcomes[1]?.ok === false && outcomes[1].failure.message).toContain(absent(a))
  })

  holds(name, 'clears a field', async () => {
    const [a = ''] = subject.ids
    await subject.connection.write([update(a, { [subject.system.words.shown]: 'S1' })])
    await subject.connection.write([update(a, { [subject.system.words.shown]: null })])
    expect(subject.system.crm.deal(a)?.shown.orderNumber).toBeNull()
  })

  holds(name, 'tells every record for which one of the conditions holds', async () => {
    const { deal, shown } = subject.system.words
    const lost = subject.system.crm.addDeal({ name: 'Lost', state: 'lost' })
    await subject.connection.write([update(lost, { [shown]: 'S5' })])
    subject.pass(1)
    const where = [{ [shown]: ['S4', 'S5'] }, { [shown]: 'S6' }]
    expect((await poll(subject.connection, deal, beginning, where)).ids).toContain(lost)
  })

  holds(name, 'writes again what was lost, as it changes nothing', async () => {
    const [a = ''] = subject.ids
    subject.system.fault({ match: subject.system.requests.report, kind: 'lose_answer' })
    expect(await subject.connection.write([update(a, { [subject.system.words.shown]: 'S9' })])).toEqual([
      { ok: true, id: a },
    ])
    expect(subject.system.crm.deal(a)?.shown.orderNumber).toBe('S9')
  })
})

describe.each(connectors.filter(({ role }) => role === 'erp'))('$name as an ERP', ({ name }) => {
  let subject: ErpSubject
  beforeAll(async () => {
    subject = await openErp(name)
  })
  afterAll(() => subject.close())
  const kindsOf = (outcomes: Awaited<ReturnType<ErpSubject['connection']['write']>>) =>
    outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.problem.kind))
  const ordersOf = (key: string) => subject.system.erp.orders().filter((order) => order.key === key)

  holds(name, 'makes one order for one key, however often it is told to', async () => {
    const key = 'crm_1_deal_twice'
    const [first] = await subject.connection.write([subject.order(key)])
    const [again] = await subject.open().write([subject.order(key)])
    expect(first).toMatchObject({ ok: true })
    expect(again).toEqual(first)
    expect(ordersOf(key)).toHaveLength(1)
    expect(ordersOf(key)[0]?.lines).toHaveLength(1)
  })

  holds(name, 'says of orders and customers that it makes them, and how they carry our key', () => {
    const { order, customer } = subject.system.words
    const { writes } = subject.connection
    expect(writes[order]).toMatchObject({ create: true, key: expect.stringMatching(/^(unique|looked_up)$/) })
    expect(writes[order]?.acts.toSorted()).toEqual(['cancel', 'confirm', 'update'])
    expect(writes[customer.object]).toMatchObject({ create: true, key: expect.stringMatching(/^(unique|looked_up)$/) })
  })

  holds(name, 'never makes two records for one key that it calls unique', async () => {
    const { customer } = subject.system.words
    const { connection } = subject
    const newCustomer = (key: string): Write => ({
      ...{ do: 'create', object: customer.object, key, lines: null },
      fields: { [customer.name]: 'Twin' },
    })
    const keys = { orders: 'crm_1_deal_twin', customers: 'crm_1_customer_twin' }
    const made = {
      orders: () => ordersOf(keys.orders).map(({ id }) => id),
      customers: () => subject.system.erp.customers().flatMap(({ id, key }) => (key === keys.customers ? [id] : [])),
    }
    const kinds = [
      { object: subject.object, write: subject.order(keys.orders), ids: made.orders },
      { object: customer.object, write: newCustomer(keys.customers), ids: made.customers },
    ].filter(({ object }) => connection.writes[object]?.key === 'unique')
    for (const { write, ids } of kinds) {
      // At once by two processes, twice in one call, and once more.
      const ends = await Promise.all([connection.write([write]), subject.open().write([write])])
      const twice = await connection.write([write, write])
      const again = await connection.write([write])
      expect(ids()).toHaveLength(1)
      for (const outcome of [...ends, twice, again].flat()) {
        // Whoever loses a race may be told to try again, and is never told another record.
        if (outcome.ok) expect(outcome.id).toBe(ids()[0])
        else expect(outcome.failure.problem.kind).toMatch(/^(busy|unavailable|outcome_unknown)$/)
      }
      expect(again).toMatchObject([{ ok: true }])
    }
  })

  holds(
    name,
    'sends each order of a customer where it says, and one that was confirmed where it says now',
    async () => {
      const { connection, customerId } = subject
      const { shipTo } = subject.system.words
      const placeOf = async (key: string, street: string): Promise<JsonObject> => {
        if (shipTo === null) return {}
        if (shipTo.place === null) return shipTo.fields(street, null)
        const write: Write = { do: 'create', key, ...shipTo.place(customerId, street), lines: null }
        const [first, again] = [await connection.write([write]), await connection.write([write])]
        expect(again).toEqual(first)
        return shipTo.fields(street, first[0]?.ok === true ? first[0].id : null)
      }
      const [quay, dock] = [await placeOf('crm_1_address_1', 'Quay 1'), await placeOf('crm_1_address_2', 'Dock 2')]
      const outcomes = await connection.write([
        subject.order('crm_1_deal_quay', quay),
        subject.order('crm_1_deal_dock', dock),
        subject.order('crm_1_deal_plain'),
      ])
      const ids = outcomes.map((outcome) => (outcome.ok ? outcome.id : ''))
      const streets = () => ids.map((id) => subject.seen(id).shipTo?.street ?? null)
      const told = (street: string) => (shipTo === null ? null : street)
      expect(streets()).toEqual([told('Quay 1'), told('Dock 2'), null])
      const [id = ''] = ids
      const key = 'crm_1_deal_quay'
      await connection.write([{ do: 'confirm', object: subject.object, id }])
      expect(
        await connection.write([{ do: 'update', object: subject.object, id, key, fields: dock, lines: null }]),
      ).toEqual([{ ok: true, id }])
      expect(streets()).toEqual([told('Dock 2'), told('Dock 2'), null])
    },
  )

  holds(name, 'never makes an order again whose answer was lost; its key finds it', async () => {
    const key = 'crm_1_deal_lost'
    subject.system.fault({ match: subject.system.requests.create, kind: 'lose_answer' })
    const [outcome] = await subject.connection.write([subject.order(key)]).catch((error: unknown) => {
      throw new Error('a write whose answer was lost is an outcome, not an error', { cause: error })
    })
    expect(outcome).toMatchObject({ ok: false, failure: { problem: { kind: 'outcome_unknown' } } })
    expect(ordersOf(key)).toHaveLength(1)
    const [[match] = []] = await subject.connection.find(subject.object, [{ key }])
    expect(match).toMatchObject({ id: ordersOf(key)[0]?.id, key, archived: false })
  })

  holds(name, 'writes the neighbours of a record that is refused', async () => {
    const outcomes = await subject.connection.write([
      subject.order('crm_1_deal_good_1'),
      subject.order('crm_1_deal_bad', subject.system.words.bad),
      subject.order('crm_1_deal_good_2'),
    ])
    expect(kindsOf(outcomes)).toEqual(['ok', 'record_rejected', 'ok'])
    expect(ordersOf('crm_1_deal_bad')).toEqual([])
    expect(ordersOf('crm_1_deal_good_2')).toHaveLength(1)
  })

  holds(name, 'refuses a field that is not there', async () => {
    const [outcome] = await subject.connection.write([subject.order('crm_1_deal_strange', { no_such_field: 'x' })])
    expect(outcome).toMatchObject({ ok: false, failure: { problem: { kind: 'configuration_invalid' } } })
    expect(outcome?.ok === false && outcome.failure.message).toContain('no_such_field')
  })

  holds(name, 'refuses a value that a field does not take, and names the field', async () => {
    const { line, quantity, lines } = subject.system.words
    const order = subject.order('crm_1_deal_value')
    const upsert = [{ key: 'crm_1_deal_value_line_1', fields: line(subject.productId, 'many') }]
    const [outcome] = await subject.connection.write([
      { ...order, lines: { field: lines, upsert, remove: [] } } as Write,
    ])
    expect(outcome).toMatchObject({ ok: false, failure: { problem: { kind: 'record_rejected' } } })
    expect(JSON.stringify(outcome)).toContain(quantity)
    expect(ordersOf('crm_1_deal_value')).toEqual([])
  })

  holds(name, 'knows an order that a person deleted for gone, and does not make it anew by changing it', async () => {
    const key = 'crm_1_deal_deleted'
    const [made] = await subject.connection.write([subject.order(key)])
    const id = made?.ok === true ? made.id : ''
    subject.system.erp.remove(id)
    const { lines, quantity } = subject.system.words
    const upsert = [{ key: `${key}_line_1`, fields: { [quantity]: '3' } }]
    const outcomes = await subject.connection.write([
      { do: 'update', object: subject.object, id, key, fields: {}, lines: { field: lines, upsert, remove: [] } },
      { do: 'confirm', object: subject.object, id },
    ])
    expect(kindsOf(outcomes)).toEqual(['record_gone', 'record_gone'])
    expect(await subject.connection.read(subject.object, [id], ['id'])).toEqual([null])
    expect(await subject.connection.find(subject.object, [{ key }])).toEqual([[]])
    expect(ordersOf(key)).toEqual([])
  })

  holds(name, 'changes, adds and takes away lines by their keys, and repeating it changes nothing more', async () => {
    const key = 'crm_1_deal_lines'
    const [made] = await subject.connection.write([subject.order(key)])
    const id = made?.ok === true ? made.id : ''
    const change = (
      upsert: readonly (readonly [string, Readonly<Record<string, Json>>])[],
      remove: readonly string[],
    ) =>
      ({
        do: 'update',
        object: subject.object,
        id,
        key,
        fields: {},
        lines: {
          field: subject.system.words.lines,
          upsert: upsert.map(([line, fields]) => ({ key: `${key}_line_${line}`, fields })),
          remove: remove.map((line) => `${key}_line_${line}`),
        },
      }) as const
    const { quantity, line } = subject.system.words
    const more = change(
      [
        ['1', { [quantity]: '5' }],
        ['2', line(subject.productId, '7')],
      ],
      [],
    )
    for (let round = 0; round < 2; round += 1) expect(kindsOf(await subject.connection.write([more]))).toEqual(['ok'])
    expect(subject.seen(id).lines.map((one) => one.quantity)).toEqual(['5', '7'])
    for (let round = 0; round < 2; round += 1) {
      expect(kindsOf(await subject.connection.write([change([], ['1'])]))).toEqual(['ok'])
    }
    expect(
      subject
        .seen(id)
        .lines.filter((one) => one.quantity !== '0')
        .map((one) => one.quantity),
    ).toEqual(['7'])
  })

  holds(name, 'keeps the price that was agreed when the quantity of a line alone changes', async () => {
    const { lines, line, quantity } = subject.system.words
    const key = 'crm_1_deal_price'
    const dearer = subject.system.erp.addProduct({ sku: 'B-1', name: 'B', price: '12', route: 'stock' })
    const fields = line(dearer, '2')
    const upsert = [{ key: `${key}_line_1`, fields }]
    const [made] = await subject.connection.write([
      { ...subject.order(key), lines: { field: lines, upsert, remove: [] } } as Write,
    ])
    const id = made?.ok === true ? made.id : ''
    const unchanged = Object.fromEntries(Object.entries(fields).filter(([field]) => field !== quantity))
    const changed = [{ key: `${key}_line_1`, fields: { [quantity]: '5' }, unchanged }]
    const update = { do: 'update', object: subject.object, id, key, fields: {} } as const
    const outcomes = await subject.connection.write([
      { ...update, lines: { field: lines, upsert: changed, remove: [] } },
    ])
    expect(kindsOf(outcomes)).toEqual(['ok'])
    expect(subject.seen(id)).toMatchObject({ net: '50', lines: [{ quantity: '5' }] })
  })

  holds(name, 'confirms, and takes what is confirmed for done', async () => {
    const [made] = await subject.connection.write([subject.order('crm_1_deal_confirm')])
    const id = made?.ok === true ? made.id : ''
    expect(subject.seen(id).state).toBe('draft')
    const confirm = { do: 'confirm', object: subject.object, id } as const
    for (let round = 0; round < 2; round += 1) {
      expect(await subject.connection.write([confirm])).toEqual([{ ok: true, id }])
      expect(subject.seen(id).state).toBe('confirmed')
    }
    const [gone] = await subject.connection.write([{ ...confirm, id: absent(id) }])
    expect(gone).toMatchObject({ ok: false, failure: { problem: { kind: 'record_gone' } } })
  })

  holds(name, 'cancels an order of which nothing was shipped', async () => {
    const [made] = await subject.connection.write([subject.order('crm_1_deal_cancel')])
    const id = made?.ok === true ? made.id : ''
    for (let round = 0; round < 2; round += 1) {
      expect(await subject.connection.write([{ do: 'cancel', object: subject.object, id }])).toEqual([{ ok: true, id }])
    }
    expect(subject.seen(id).state).toBe('cancelled')
  })

  holds(name, 'does not cancel an order of which something was shipped or invoiced, and harms none of it', async () => {
    const { lines, line } = subject.system.words
    // A service is invoiced without being shipped, whatever the ERP.
    const service = subject.system.erp.addProduct({ sku: 'C-1', name: 'C', price: '10', route: 'service' })
    const key = 'crm_1_deal_invoiced'
    const upsert = [{ key: `${key}_line_1`, fields: line(service, '2') }]
    const orders = [
      subject.order('crm_1_deal_shipped'),
      { ...subject.order(key), lines: { field: lines, upsert, remove: [] } } as Write,
    ]
    const [shipped = '', invoiced = ''] = (await subject.connection.write(orders)).map((one) => (one.ok ? one.id : ''))
    const both = [shipped, invoiced]
    await subject.connection.write(both.map((id) => ({ do: 'confirm', object: subject.object, id })))
    subject.system.erp.ship(shipped, { part: true })
    subject.system.erp.invoice(invoiced)
    const cancelled = await subject.connection.write(
      both.map((id) => ({ do: 'cancel', object: subject.object, id }) as const),
    )
    expect(kindsOf(cancelled)).toEqual(['record_rejected', 'record_rejected'])
    expect(both.map((id) => subject.seen(id).state)).toEqual(['confirmed', 'confirmed'])
    // What is still to be shipped is not taken back either.
    subject.system.erp.ship(shipped)
    expect(subject.seen(shipped).lines).toMatchObject([{ quantity: '2', shipped: '2' }])
  })

  holds(name, 'finds customers and products strictly, whatever the case', async () => {
    const { customer, product } = subject.system.words
    const customers = await subject.connection.find(customer.object, [
      { fields: { [customer.name]: 'ACME' } },
      { fields: { [customer.name]: 'Acm' } },
      { key: 'crm_1_customer_1' },
    ])
    expect(customers.map((matches) => matches.map((match) => match.id))).toEqual([
      [subject.customerId],
      [],
      [subject.customerId],
    ])
    const products = await subject.connection.find(product.object, [
      { fields: { [product.sku]: 'a-1' } },
      { fields: { [product.sku]: 'A-' } },
    ])
    expect(products.map((matches) => matches.map((match) => match.id))).toEqual([[subject.productId], []])
  })
})

test('every waiver names a connector and a test that are there', () => {
  for (const { connector, test: title, because } of waivers) {
    expect(connectors.map(({ name }) => name)).toContain(connector)
    expect([...named]).toContain(title)
    expect(because.length).toBeGreaterThan(20)
    process.stderr.write(`waived for ${connector}: ${title}: ${because}\n`)
  }
})

const isSomewhereWritable = (fields: ObjectSchema['fields']): boolean =>
  Object.values(fields).some((field) => field.writable || isSomewhereWritable(field.fields ?? {}))

/** Everything that can be asked of a record. */
const everyWrite = (object: string, id: string): readonly Write[] => [
  { do: 'create', object, key: 'crm_1_deal_unlisted', fields: {}, lines: null },
  { do: 'update', object, id, key: null, fields: {}, lines: null },
  { do: 'confirm', object, id },
  { do: 'cancel', object, id },
]

/** Of the same kind, and not the right one. */
function wrongFor(secret: string): string {
  if (!secret.startsWith('-----BEGIN')) return 'not-the-right-secret'
  const { privateKey } =
    secret.includes('EC ') || secret.length < 600
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 3072 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
