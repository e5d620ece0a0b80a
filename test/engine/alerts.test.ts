import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { openAlerts } from '../../src/app/alerts/alerts.ts'
import { openJobs } from '../../src/app/engine/jobs.ts'
import { rotateSecret } from '../../src/app/project/rotate.ts'
import type { Problem } from '../../src/core/problem.ts'
import { shift } from '../../src/core/time.ts'
import { settle, stock, until } from '../faults/proof.ts'
import type { ConfigChange, OpenProject } from '../project-folder.ts'
import { localhostPem, type MailServer, openMailServer, openWebhook, type Webhook } from '../receivers.ts'
import { openRig, type Rig } from '../rig.ts'
import { idleQueue } from './idle-queue.ts'

let rig: Rig
let opened: OpenProject[]
let project: OpenProject
let mail: MailServer
let hook: Webhook
let shop: ReturnType<typeof stock>

const secretPath = '/services/T0AB12CD3/a-very-secret-word-42'
const minute = 60_000

async function begin(change: ConfigChange = {}, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  mail = await openMailServer()
  hook = await openWebhook()
  const channels = {
    office: {
      ...{ kind: 'email', host: '127.0.0.1', port: mail.port, encryption: 'none' },
      ...{ from: 'crosswalk@acme.test', to: ['ida@acme.test', 'ole@acme.test'] },
    },
    chat: { kind: 'slack', url: `${hook.url}${secretPath}` },
  }
  rig = await openRig({
    simulators: { odoo: { version: 'saas~19.1' } },
    ...change,
    environment,
    crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 },
    alerts: { channels, name: 'Acme', ...change.alerts },
  })
  opened = []
  project = await reopen()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  await settle(project)
  await tell()
}
async function reopen(): Promise<OpenProject> {
  const one = await rig.open()
  opened.push(one)
  return one
}
beforeEach(() => {
  opened = []
})
afterEach(async () => {
  for (const one of opened) await one.close()
  await mail.close()
  await hook.close()
  await rig.close()
})

const alertsOf = (one: OpenProject) => openAlerts(one.projects, { ...one.deps, metrics: one.metrics })
const tell = (one = project) => alertsOf(one).tell()
/** Notices what changed, and tells it once that is due. */
async function tellAfter(ms: number, one = project): Promise<void> {
  await tell(one)
  rig.pass(ms)
  await tell(one)
}
const texts = () => hook.posts.map(({ body }) => String(body.text))
const subjects = () => mail.mails.map((one) => one.subject)
const open = (ledger = project.deps.ledger) => ledger.problems.list({ max: 100 })
const raise = (problem: Problem, message: string, sync = 'orders', causeKey: string = problem.kind) =>
  project.deps.ledger.problems.raise([{ sync, causeKey, failure: { problem, message, fix: 'Mend it.' }, records: [] }])

describe('a cause that holds deals back', () => {
  beforeEach(() => begin())

  test('is told in one message with names and money, again when it stays, and once when it is over', async () => {
    const ids = shop.win(12)
    for (const id of ids) {
      rig.hubspot.store.addLine(id, { hs_sku: 'NEW-1', name: 'A new thing', quantity: '1', price: '10' })
      const amount = Number(rig.hubspot.store.deal(id)?.properties.amount)
      rig.hubspot.store.updateDeal(id, { amount: (amount + 10).toFixed(2) })
    }
    await settle(project)
    expect(await open()).toMatchObject([{ kind: 'lookup_failed', waiting: 12 }])
    await tell()
    // Others may join it.
    expect([subjects(), texts()]).toEqual([[], []])
    rig.pass(minute)
    await tell()
    expect(subjects()).toEqual(['[Acme] New: Referenced record not found (orders)'])
    const [first] = mail.mails
    const total = ids.reduce((sum, id) => sum + Number(rig.hubspot.store.deal(id)?.properties.amount), 0)
    expect(first).toMatchObject({ to: ['ida@acme.test', 'ole@acme.test'], from: '"Crosswalk" <crosswalk@acme.test>' })
    expect(first?.text).toMatch(/What: .*NEW-1/)
    expect(first?.text).toMatch(/Since: \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\), for \d min/)
    expect(first?.text).toContain(
      `Held back: 12 deals, EUR ${total.toLocaleString('en', { minimumFractionDigits: 2 })} in all: `,
    )
    expect(first?.text).toMatch(/Held back: .+ and 2 more/)
    expect(first?.text.match(/Held back: .*/)?.[0].match(/\(\d+\)/g)).toHaveLength(10)
    expect(first?.text).toMatch(/What to do: \S+/)
    expect(first?.text).toMatch(/Look: crosswalk problems \d+/)
    expect(texts()).toHaveLength(1)
    expect(texts()[0]).toContain('NEW-1')

    for (const one of [project, await reopen()]) await tellAfter(60 * minute, one)
    expect(subjects()).toHaveLength(1)
    await tellAfter(3 * 60 * minute)
    await tellAfter(minute)
    expect(subjects().slice(1)).toEqual(['[Acme] URGENT: Referenced record not found (orders)'])
    expect(mail.mails[1]?.text).toMatch(/^Still open, urgent: .*\n.*\n {2}Since: .*, for \d+ (min|h)/)

    rig.erp.erp.addProduct({ sku: 'NEW-1', name: 'A new thing', price: '10', route: 'stock' })
    await project.crosswalk.retry({ problem: (await open())[0]?.id ?? '' })
    await settle(project)
    expect(await open()).toEqual([])
    await tellAfter(16 * minute)
    expect(subjects().slice(2)).toEqual(['[Acme] All clear: Referenced record not found (orders)'])
    expect(mail.mails[2]?.text).toContain('All clear: nothing is open any more.')
    await tellAfter(100 * 60 * minute)
    expect([subjects().length, texts().length]).toEqual([3, 3])
  })

  test('is told neither anew nor again while it is muted, and once more when ten times as many deals wait', async () => {
    const refs = (from: number, to: number) =>
      Array.from({ length: to - from }, (_one, nth) => ({
        connection: 'hubspot',
        object: 'deals',
        id: `${from + nth}`,
      }))
    const failure = { problem: customer, message: 'Customer Acme is not there.', fix: 'Add it.' }
    const wait = (from: number, to: number) =>
      project.deps.ledger.problems.raise([
        { sync: 'orders', causeKey: 'customer_missing', failure, records: refs(from, to) },
      ])
    await wait(0, 1)
    const [{ id = '' } = {}] = await open()
    await project.crosswalk.muteProblem(id, { because: 'The customer is being added' })
    await tellAfter(100 * 60 * minute)
    await wait(1, 9)
    await tellAfter(100 * 60 * minute)
    expect([subjects(), texts()]).toEqual([[], []])
    await wait(9, 10)
    await tellAfter(minute)
    expect(subjects()).toEqual([expect.stringMatching(/(New|URGENT).*Customer not in the ERP/)])
    await project.crosswalk.muteProblem(id, { because: 'All of them are being added' })
    await tellAfter(200 * 60 * minute)
    expect(subjects()).toHaveLength(1)
    // It was told to be open, so that it is told to be over.
    await project.deps.ledger.problems.clear('orders', refs(0, 10))
    await tellAfter(16 * minute)
    expect(subjects().slice(1)).toEqual(['[Acme] All clear: Customer not in the ERP (orders)'])
  })

  test('that is over before anybody was told is not told', async () => {
    await raise({ kind: 'unavailable' }, 'It restarts.')
    await tell()
    await project.deps.ledger.problems.close('orders', ['unavailable'])
    await tellAfter(minute)
    expect([subjects(), texts()]).toEqual([[], []])
  })

  test('is told once by several processes at once, and by a process that starts anew not at all', async () => {
    const others = [project, await reopen(), await reopen()]
    await raise({ kind: 'customer_missing', value: 'Acme' }, 'Customer Acme is not there.')
    for (const ms of [0, minute, minute, 0, minute]) {
      rig.pass(ms)
      await Promise.all([...others, ...others].map((one) => tell(one)))
    }
    expect([subjects().length, texts().length]).toEqual([1, 1])
    rig.pass(20 * minute)
    await tellAfter(minute, await reopen())
    await tellAfter(20 * minute)
    expect([subjects().length, texts().length]).toEqual([1, 1])
  })

  test('shows no secret, whatever the other system said', async () => {
    await raise(
      { kind: 'bad_reply' },
      `Odoo said: ${rig.odoo.settings.password} and ${hook.url}${secretPath} <!channel>`,
    )
    hook.answer(500, `no such hook: a-very-secret-word-42`)
    await tellAfter(minute)
    expect(mail.mails[0]?.text).toContain('Odoo said: [secret] and [secret]')
    hook.answer(200, 'ok')
    await tellAfter(5 * minute)
    expect(texts()[0]).toContain('&lt;!channel&gt;')
    const shown = [
      rig.log.join(''),
      JSON.stringify(mail.mails),
      JSON.stringify(hook.posts.map((one) => one.body)),
    ].join('')
    expect(shown).toContain('alert not sent')
    expect(shown).not.toContain('a-very-secret-word-42')
    expect(JSON.stringify(await project.crosswalk.status())).not.toContain('a-very-secret-word-42')
  })
})

/** What is told, by kind: how it comes up, is seen once more, and is over. */
interface Told {
  /** In the configuration. */
  readonly change?: ConfigChange
  raise(): Promise<void>
  /** What is said of it, when it is raised and when it is over. */
  readonly raised: RegExp
  /** Where it is told again after the first of `remind_hours`. */
  readonly again?: RegExp
  /** Absent where there is nothing to be over. */
  readonly over?: { clear(): Promise<void>; readonly told: RegExp }
}
const customer = { kind: 'customer_missing', value: 'Acme' } as const
const closing = (sync: string, causeKey: string) => async () => project.deps.ledger.problems.close(sync, [causeKey])
const kinds: Readonly<Record<string, Told>> = {
  'a problem': {
    raise: () => raise(customer, 'Customer Acme is not there.'),
    raised: /New: Customer not in the ERP/,
    again: /(Still open, urgent|URGENT): Customer not in the ERP/,
    over: { clear: () => closing('orders', 'customer_missing')(), told: /All clear: Customer not in the ERP/ },
  },
  'a source that is not looked at': {
    change: { orders: { schedule: { cron: '*/2 * * * *', time_zone: 'UTC' } } },
    raise: async () => rig.pass(40 * minute),
    raised: /URGENT: Source not looked at/,
    over: { clear: async () => void (await settle(project)), told: /All clear: Source not looked at/ },
  },
  'a login that expires': {
    raise: () =>
      project.deps.ledger.connections.setExpiry('odoo', shift(project.deps.clock.now(), 3 * 24 * 60 * minute)),
    raised: /URGENT: Login expires soon/,
    over: {
      clear: () => project.deps.ledger.connections.setExpiry('odoo', null),
      told: /All clear: Login expires soon/,
    },
  },
  'the guard': {
    change: { orders: { guard: { orders_per_hour: 2 } } },
    async raise() {
      shop.win(5)
      await project.crosswalk.run(['orders'], {})
    },
    raised: /URGENT: More new orders than the guard allows/,
    over: {
      async clear() {
        await project.crosswalk.run(['orders'], { allow: 5 })
        await settle(project)
      },
      told: /All clear: More new orders than the guard allows/,
    },
  },
  'the daily certificate': {
    change: { alerts: { channel_minutes: 15 } },
    raise: () => nightly(),
    raised: /0 deals won, 0 orders/,
  },
}
const nightly = () =>
  openJobs(project.projects, idleQueue(), { ...project.deps, metrics: project.metrics }).handle(
    { queue: 'upkeep', task: 'reconcile' },
    new AbortController().signal,
  )

describe.each(Object.entries(kinds))('%s arrives', (_name, { change = {}, raise: comeUp, raised, again, over }) => {
  test.each(['email', 'json'] as const)('by %s, once when it comes up and once when it is over', async (kind) => {
    await begin(change)
    const channel =
      kind === 'json'
        ? { kind, url: hook.url, daily: true }
        : {
            ...{ kind, host: '127.0.0.1', port: mail.port, encryption: 'none', daily: true },
            ...{ from: 'crosswalk@acme.test', to: ['ida@acme.test'] },
          }
    await rig.configure({ alerts: { channels: { chat: channel } } })
    project = await reopen()
    const arrived = () => (kind === 'json' ? hook.posts.map(({ body }) => `${body.subject}`) : subjects())
    const settleAlerts = async () => {
      for (const ms of [minute, minute, 20 * minute, minute]) await tellAfter(ms)
    }
    await comeUp()
    for (const ms of [minute, minute]) await tellAfter(ms)
    expect(arrived()).toEqual([expect.stringMatching(raised)])
    if (again !== undefined) {
      for (const ms of [4 * 60 * minute, minute]) await tellAfter(ms)
      expect(arrived().slice(1)).toEqual([expect.stringMatching(again)])
    }
    const before = arrived().length
    await over?.clear()
    await settleAlerts()
    const after = over === undefined ? [] : [expect.stringMatching(over.told)]
    expect(arrived().slice(before)).toEqual(after)
    await tell(await reopen())
    expect(arrived().slice(before)).toEqual(after)
  })
})

test.each(['email', 'json'] as const)(
  'a channel that takes nothing is told by %s, once when it fails and once when it works',
  async (kind) => {
    await begin()
    // One of both fails, and the other one tells.
    const broken = kind === 'json' ? mail.port : 0
    const office = {
      ...{ kind: 'email', host: '127.0.0.1', port: mail.port, encryption: 'none' },
      ...{ from: 'crosswalk@acme.test', to: ['ida@acme.test'] },
    }
    await rig.configure({ alerts: { channels: { office, chat: { kind: 'json', url: hook.url } } } })
    project = await reopen()
    if (broken === 0) hook.answer(500, 'broken')
    else await mail.close()
    await raise(customer, 'Customer Acme is not there.')
    for (let tried = 0; tried < 20; tried += 1) await tellAfter(minute)
    const arrived = () => (kind === 'json' ? hook.posts.map(({ body }) => `${body.subject}`) : subjects())
    const failing = kind === 'json' ? 'office' : 'chat'
    expect(arrived().slice(1)).toEqual([expect.stringMatching(new RegExp(`\\(alerts ${failing}\\)`))])
    if (broken === 0) hook.answer(200, 'ok')
    else mail = await openMailServer({ port: broken })
    for (const ms of [31 * minute, minute, 20 * minute]) await tellAfter(ms)
    expect(arrived().slice(2)).toEqual([expect.stringMatching(new RegExp(`Solved: .*\\(alerts ${failing}\\)`))])
  },
)

test('the guard is told at once, and that it was resumed', async () => {
  await begin({ orders: { guard: { orders_per_hour: 2 } } })
  await raise({ kind: 'customer_missing', value: 'Acme' }, 'Customer Acme is not there.')
  await tellAfter(minute)
  shop.win(5)
  await project.crosswalk.run(['orders'], {})
  // Not after the pause of fifteen minutes: nothing moves.
  await tellAfter(minute)
  expect(subjects().slice(1)).toEqual(['[Acme] URGENT: More new orders than the guard allows (orders)'])
  expect(mail.mails[1]?.text).toContain('crosswalk run orders --allow 5')
  await project.crosswalk.run(['orders'], { allow: 5 })
  await settle(project)
  await tellAfter(16 * minute)
  expect(subjects().slice(2)).toEqual(['[Acme] Solved: More new orders than the guard allows (orders)'])
  expect(texts()).toHaveLength(3)
})

test('a source that nobody looks at is told, unless its connection says why, and so is the next look', async () => {
  await begin({ orders: { schedule: { cron: '*/2 * * * *', time_zone: 'UTC' } } })
  rig.pass(28 * minute)
  await tellAfter(minute)
  expect(subjects()).toEqual([])
  rig.pass(4 * minute)
  await tellAfter(minute)
  expect(subjects()).toEqual(['[Acme] URGENT: Source not looked at (orders)'])
  expect(mail.mails[0]?.text).toMatch(/Nothing was read from hubspot for sync "orders" since \d{4}-/)
  await settle(project)
  await tellAfter(16 * minute)
  expect(subjects().slice(1)).toEqual(['[Acme] All clear: Source not looked at (orders)'])
  await raise({ kind: 'auth_rejected' }, 'HubSpot refused the key.', 'connection hubspot')
  rig.pass(60 * minute)
  await tellAfter(16 * minute)
  expect(subjects().slice(2)).toEqual(['[Acme] URGENT: Login refused (connection hubspot)'])
})

test('a login that expires and is not renewed is told, and that it was renewed', async () => {
  await begin()
  const rotate = (days: number) =>
    settings().then((stored) =>
      rotateSecret(
        project.projects.current().endpoint('odoo'),
        stored,
        (changed) => project.stored.store('odoo', changed),
        {
          ...project.deps,
          clock: { ...project.deps.clock, now: () => shift(project.deps.clock.now(), days * 86_400_000) },
        },
      ),
    )
  const settings = () => project.stored.settings('odoo')
  const endpoint = project.projects.current().endpoint('odoo')
  const expiresAt = await endpoint.connection.rotate?.expiresAt()
  expect(expiresAt).not.toBeNull()
  await rotate(0)
  await tellAfter(minute)
  expect(subjects()).toEqual([])
  // Time goes by, and no renewal succeeds.
  const left = Date.parse(String(expiresAt)) - Date.now() - 9 * 86_400_000
  rig.pass(left)
  await tellAfter(minute)
  expect(subjects()).toEqual(['[Acme] URGENT: Login expires soon (connection odoo)'])
  expect(mail.mails[0]?.text).toContain(String(expiresAt).slice(0, 10))
  expect(await rotate(0)).toBe(true)
  await tellAfter(16 * minute)
  expect(subjects().slice(1)).toEqual(['[Acme] All clear: Login expires soon (connection odoo)'])
})

test('that deals wait for a system that is down is told once, by its connection', async () => {
  await begin()
  const failure = { problem: { kind: 'unavailable' } as const, message: 'Odoo does not answer.', fix: 'Start it.' }
  const records = [{ connection: 'hubspot', object: 'deals', id: '1' }]
  const whole = { sync: 'connection odoo', causeKey: 'unavailable', failure, records: [] }
  await project.deps.ledger.problems.raise([whole, { ...whole, sync: 'orders', records }])
  await tellAfter(minute)
  expect(subjects()).toEqual(['[Acme] New: System not reachable (connection odoo)'])
  expect(mail.mails[0]?.text).not.toContain('(orders)')
})

test('a login that expires and cannot be renewed is told once, by the problem that says what to do', async () => {
  await begin()
  const now = project.deps.clock.now()
  await project.deps.ledger.connections.setExpiry('odoo', shift(now, 3 * 86_400_000))
  const ends = 'The login of connection "odoo" ends, and was not renewed.'
  await raise({ kind: 'configuration_invalid', path: 'password' }, ends, 'connection odoo', 'login_ends')
  await tellAfter(minute)
  expect(subjects()).toEqual(['[Acme] URGENT: Configuration invalid (connection odoo)'])
})

describe('a channel that takes no message', () => {
  beforeEach(() => begin())

  test('is tried again, is told on the other one, and tells what is left to tell once it works', async () => {
    const { port } = mail
    await mail.close()
    await raise({ kind: 'customer_missing', value: 'Acme' }, 'Customer Acme is not there.')
    await raise({ kind: 'customer_missing', value: 'Bolt' }, 'Customer Bolt is not there.', 'orders', 'bolt')
    await tellAfter(minute)
    expect(texts()).toHaveLength(1)
    expect(rig.log.join('')).toContain('alert not sent')
    expect(await open()).toHaveLength(2)
    for (let tried = 0; tried < 20; tried += 1) {
      rig.pass(minute)
      await tell()
    }
    expect(await open()).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ sync: 'alerts office', kind: 'unavailable' })]),
    )
    expect(texts()).toHaveLength(2)
    expect(texts()[1]).toMatch(
      /Alerts do not arrive at channel "office" \(email\): 127\.0\.0\.1:\d+ did not take the mail/,
    )
    expect((await project.crosswalk.status()).alerts).toMatchObject([
      { channel: 'office', kind: 'email', failures: expect.any(Number), failure: { problem: { kind: 'unavailable' } } },
      { channel: 'chat', kind: 'slack', failures: 0, failure: null },
    ])
    // Back-off: not once a minute.
    expect(rig.log.filter((line) => line.includes('alert not sent')).length).toBeLessThan(9)

    await project.deps.ledger.problems.close('orders', ['bolt'])
    const again = await openMailServer({ port })
    await tellAfter(31 * minute)
    expect(again.mails.map((one) => one.subject)).toEqual(['[Acme] New: Customer not in the ERP (orders)'])
    expect(again.mails[0]?.text).not.toContain('Bolt')
    await tellAfter(16 * minute)
    expect((await open()).map((one) => one.sync)).toEqual(['orders'])
    expect(texts().at(-1)).toContain('Solved: System not reachable (alerts office)')
    expect(again.mails).toHaveLength(1)
    await again.close()
  })

  test('and is taken out of the configuration is a problem no more', async () => {
    await mail.close()
    await raise({ kind: 'customer_missing', value: 'Acme' }, 'Customer Acme is not there.')
    await tellAfter(minute)
    await tellAfter(16 * minute)
    expect(await open()).toHaveLength(2)
    await rig.configure({ alerts: { channels: { chat: { kind: 'slack', url: `${hook.url}${secretPath}` } } } })
    await tell(await reopen())
    expect((await open()).map((one) => one.sync)).toEqual(['orders'])
  })
})

test('`crosswalk alert --test` sends to all channels, or to one, and says what they answered', async () => {
  await begin()
  const all = await rig.cli('alert', '--test').done
  expect(all.out).toContain('✓ office (email) took the message: 250 Kept as no. 1')
  expect(all.out).toContain('✓ chat (slack) took the message: status 200, ok')
  expect(all.code).toBe(0)
  expect(subjects()).toEqual(['[Acme] Test of alerts: channel office'])
  hook.answer(404, 'no_service')
  const one = await rig.cli('alert', '--test', 'chat').done
  expect(one.code).toBe(1)
  expect(one.out).toContain('no_service')
  expect(one.out).not.toContain('a-very-secret-word-42')
  expect(mail.mails).toHaveLength(1)
  expect((await rig.cli('alert', '--test', 'nobody').done).err).toContain('Known: office, chat')
})

test.each([
  ['starttls', { disabledCommands: [] as string[] }],
  ['tls', { secure: true }],
] as const)('mail with a login arrives by %s at a server whose certificate is known', async (encryption, options) => {
  const logins: unknown[] = []
  const server = await openMailServer({
    ...options,
    authOptional: false,
    onAuth({ username, password }, { secure }, done) {
      logins.push({ username, password, secure })
      done(null, { user: username })
    },
  })
  const office = {
    ...{ kind: 'email', host: 'localhost', port: server.port, encryption, user: 'ida', password: '${MAIL_PASSWORD}' },
    ...{ from: 'crosswalk@acme.test', to: ['ida@acme.test'] },
  }
  await begin(
    { alerts: { channels: { office } } },
    { NODE_EXTRA_CA_CERTS: localhostPem, MAIL_PASSWORD: 'of-the-mail-server' },
  )
  const tested = await rig.cli('alert', '--test').done
  await server.close()
  expect(tested).toMatchObject({ code: 0, out: '✓ office (email) took the message: 250 Kept as no. 1\n' })
  expect(logins).toEqual([{ username: 'ida', password: 'of-the-mail-server', secure: true }])
  expect(server.mails).toHaveLength(1)
})

test('who ends waits for what is being sent, so that it is not told again', async () => {
  await begin()
  const { port } = mail
  await mail.close()
  const asked = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  mail = await openMailServer({
    port,
    onRcptTo(_address, _session, done) {
      asked.resolve()
      void gate.promise.then(() => done())
    },
  })
  await raise({ kind: 'customer_missing', value: 'Acme' }, 'Customer Acme is not there.')
  await tell()
  rig.pass(minute)
  const alerts = alertsOf(project)
  const order: string[] = []
  void alerts.tell()
  const closed = alerts.close().then(() => order.push('closed'))
  await asked.promise
  order.push('let in')
  gate.resolve()
  await closed
  expect(order).toEqual(['let in', 'closed'])
  expect(subjects()).toHaveLength(1)
  await tellAfter(16 * minute)
  expect(subjects()).toHaveLength(1)
})

test('servers tell by themselves, and once', async () => {
  await begin({ alerts: { group_seconds: 0, pause_minutes: 0 } })
  await raise({ kind: 'customer_missing', value: 'Acme' }, 'Customer Acme is not there.')
  const servers = [rig.cli('start', '--role', 'worker'), rig.cli('start', '--role', 'worker')]
  const told = (problems: number) =>
    until(
      () => subjects().length >= problems && texts().length >= problems,
      'a mail',
      () => servers.map((one) => one.printed()).join('\n'),
    )
  await told(1)
  // Who tells the next one would tell the first once more.
  await raise({ kind: 'customer_missing', value: 'Bolt' }, 'Customer Bolt is not there.', 'orders', 'bolt')
  await told(2)
  for (const one of servers) one.kill('SIGTERM')
  expect(await Promise.all(servers.map(async (one) => (await one.done).code))).toEqual([0, 0])
  expect([subjects().length, texts().length]).toEqual([2, 2])
  expect([mail.mails[1]?.text, texts()[1]].map((text) => text?.includes('Acme is not'))).toEqual([false, false])
  expect(servers.map((one) => one.printed().match(/"alert sent"/g)?.length ?? 0).reduce((a, b) => a + b)).toBe(4)
})

describe('the nightly comparison', () => {
  test('is signed, kept, and told once a day where that is wanted, with its exceptions by name', async () => {
    await begin()
    const { port } = mail
    const office = {
      ...{ kind: 'email', host: '127.0.0.1', port, encryption: 'none', daily: true },
      ...{ from: 'crosswalk@acme.test', to: ['ida@acme.test'] },
    }
    await rig.configure({ alerts: { channels: { office, chat: { kind: 'slack', url: `${hook.url}${secretPath}` } } } })
    project = await reopen()
    shop.win(12)
    await settle(project)
    await nightly()
    const others = [project, await reopen()]
    await Promise.all(others.map((one) => tell(one)))
    await tellAfter(minute)
    expect(subjects()).toEqual(['[Acme] 12 deals won, 12 orders'])
    expect(mail.mails[0]?.text).toMatch(
      /^orders, \d{4}-.*: 12 deals won since 2026-01-01, 12 orders in all\n {2}No exceptions\n/,
    )
    expect(texts()).toEqual([])

    // A day later one deal waits, and a channel is down.
    const [id = ''] = shop.win(1)
    rig.hubspot.store.addLine(id, { hs_sku: 'NEW-2', name: 'A new thing', quantity: '1', price: '10' })
    await settle(project)
    await mail.close()
    await nightly()
    await tellAfter(minute)
    mail = await openMailServer({ port })
    await tellAfter(minute)
    expect(subjects()[0]).toBe('[Acme] 13 deals won, 12 orders, 1 exception')
    expect(mail.mails[0]?.text).toMatch(new RegExp(`Wait on a problem: 1: .+ \\(${id}\\)`))

    const shown = await rig.cli('certificates').done
    expect(shown.out.match(/ deals won since 2026-01-01/g)).toHaveLength(2)
    expect(shown.code).toBe(0)
  })

  test('that somebody changed in the database is not genuine any more', async () => {
    await begin()
    await nightly()
    const database = new pg.Client(project.database)
    await database.connect()
    await database.query(`update crosswalk.certificates set text = replace(text, '"won":0', '"won":9')`)
    await database.end()
    expect(await project.crosswalk.certificates({ max: 10 })).toMatchObject([
      { genuine: false, certificate: { won: 9, orders: 0 } },
    ])
    const shown = await rig.cli('certificates').done
    expect(shown).toMatchObject({ code: 1, out: expect.stringContaining('changed after it was signed') })
  })
})

test('a channel whose news is over before it works again says that it works', async () => {
  await begin()
  const { port } = mail
  await mail.close()
  await raise({ kind: 'customer_missing', value: 'Acme' }, 'Customer Acme is not there.')
  await tellAfter(minute)
  await tellAfter(16 * minute)
  await project.deps.ledger.problems.close('orders', ['customer_missing'])
  expect((await open()).map((one) => one.sync)).toEqual(['alerts office'])
  mail = await openMailServer({ port })
  await tellAfter(31 * minute)
  expect(subjects()).toEqual(['[Acme] Alerts arrive at channel office again'])
  expect(await open()).toEqual([])
  await tellAfter(31 * minute)
  expect(subjects()).toHaveLength(1)
})
