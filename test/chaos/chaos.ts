import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { openJobs } from '../../src/app/engine/jobs.ts'
import { idleQueue } from '../engine/idle-queue.ts'
import type { PairNames } from '../extent.ts'
import { dealOf, flawless, prove, stock, until } from '../faults/proof.ts'
import { openWebhook } from '../receivers.ts'
import { openPairOf } from '../rig.ts'
import { startFleet } from './fleet.ts'
import { poison, writeMapping } from './poison.ts'
import { isAway } from './stores.ts'
import {
  dice,
  momentOf,
  moments,
  networkTroubles,
  strikeSystem,
  type Window,
  watchSystems,
  windows,
} from './strikes.ts'

/*
 * Servers at work between two systems, and everything that can break around them breaks, again and again, where something
 * is in doubt. Then there is peace, and what is wrong is mended: nothing is double, lost, silent or left open.
 */

/** How many deals are won before each strike. */
const dealsEach = 3
const patienceMs = 3_000
/** By when something must have been delivered again after a strike. */
const recoveryMs = 150_000

interface Struck {
  readonly kind: string
  readonly window: Window
}

/** What breaks, how often, and how often it has to have struck. */
const floors = {
  'worker killed': 2,
  'workers killed': 2,
  'API killed': 2,
  'Redis lost': 2,
  'PostgreSQL stopped': 3,
  'disk full': 2,
  'CRM network': 3,
  'ERP network': 3,
} as const
type Kind = keyof typeof floors

/** Where the servers keep what they know, and what can be done to it. */
export interface Ground {
  readonly environment: Readonly<Record<string, string>>
  /** The servers, by name. */
  readonly servers: Readonly<Record<string, readonly string[]>>
  /** Given the folder before any server starts. */
  begin(home: string): void
  /** Null while there is no database. */
  connection(): Promise<pg.ClientConfig | null>
  /** Breaks a store and mends it. @param until  waits for something that servers or stores say */
  readonly breaks: Partial<Record<Kind, (felt: (holds: () => boolean) => Promise<boolean>) => Promise<void>>>
  close(): Promise<void>
}

export function describeChaos(pairs: readonly PairNames[], openGround: () => Promise<Ground>, seed: number): void {
  const closing: (() => Promise<unknown> | unknown)[] = []
  afterAll(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  test.each(pairs)(
    'from $crm to $erp, nothing is double, lost, silent or left open',
    async (names) => {
      const { random, pick, shuffled } = dice(seed)
      const startedAt = performance.now()
      const ground = await openGround()
      closing.push(() => ground.close())
      const told = await openWebhook()
      closing.push(() => told.close())
      // One each: the file knows no aliases.
      const often = () => ({ batch: 4, schedule: { cron: '*/2 * * * * *' } })
      const pair = await openPairOf(
        names,
        { latencyMs: 3 },
        {
          environment: ground.environment,
          orders: often(),
          fulfilment: often(),
          alerts: {
            group_seconds: 0,
            pause_minutes: 0,
            channels: { person: { kind: 'json', url: told.url, daily: true } },
          },
          ...(names.crm === 'salesforce' ? { crm: { events: ['/data/OpportunityChangeEvent'] } } : {}),
        },
      )
      closing.push(() => pair.close())
      ground.begin(pair.home)
      const { crm } = pair.crm
      const { erp } = pair.erp
      const shop = stock(pair)
      await writeMapping(pair, names.erp)
      const first = await pair.open()
      await first.crosswalk.setup(names.crm)
      await first.close()

      const fleet = startFleet(
        pair,
        Object.entries(ground.servers).map(([name, args]) => ({ name, args })),
      )
      closing.push(() => fleet.close())
      const lastLines = () => fleet.log().slice(-25).join('\n')
      const up = () => until(() => fleet.up(), 'all servers at work', lastLines)
      await up()
      const workers = Object.keys(ground.servers).filter((name) => name !== 'api')
      const killWorkers = () => {
        for (const name of workers) fleet.kill(name)
      }
      const cli = async (...args: string[]) => {
        const { code, out, err } = await pair.cli(...args).done
        return { code, said: out === '' ? err : out }
      }
      const open = async () => JSON.parse((await cli('problems', '--json')).said) as { id: string; message: string }[]

      async function messages(): Promise<readonly string[]> {
        const connection = await ground.connection()
        const sql = `select failure ->> 'message' as message from crosswalk.problems where ${isOpen}`
        const rows = connection === null ? null : await query(connection, (ask) => ask(sql))
        return (rows ?? []).map(({ message }) => String(message))
      }

      const poisons = poison(pair, shop, {
        kill: killWorkers,
        async retry(says) {
          const found = (await open()).filter(({ message }) => message.includes(says))
          // What was published may have released it already.
          if (found.length > 0) await cli('retry', ...found.map(({ id }) => id))
        },
        async publish(note) {
          expect((await cli('publish', '--note', note)).said).toContain('is in force')
        },
      })

      const sight = watchSystems(pair)
      closing.push(() => sight.close())
      const lines = new Map<string, number>()
      const leaving = new Set<string>()
      const shipped = new Set<string>()
      const orderOf = (id: string) =>
        erp.orders().filter((order) => dealOf(order.key) === id && order.state !== 'cancelled')
      const delivered = (id: string) =>
        orderOf(id)[0]?.state === 'confirmed' && (crm.deal(id)?.shown.orderNumber ?? null) !== null
      /** Deals that were won, one that was and now gets a line more, and one whose goods leave. */
      function trade(): readonly string[] {
        const won = shop.win(dealsEach)
        for (const id of won) {
          lines.set(id, 2)
          if (lines.size % 3 === 0) leaving.add(id)
        }
        if (random() < 0.3) shop.join()
        const still = [...lines.keys()].filter((id) => !shipped.has(id) && delivered(id))
        // What is being amended must not leave meanwhile.
        const amended = still.filter((id) => lines.get(id) === 2 && !leaving.has(id))
        if (amended.length > 0) {
          const id = pick(amended)
          const cents = Math.round(Number(crm.deal(id)?.amount ?? '0') * 100)
          crm.addLine(id, { sku: 'C-3', name: 'C', quantity: '1', price: '5' })
          if (crm.amountIsFree) crm.changeDeal(id, { amount: ((cents + 500) / 100).toFixed(2) })
          lines.set(id, 3)
        }
        const goes = still.filter((id) => leaving.has(id))
        if (goes.length > 0) {
          const id = pick(goes)
          shipped.add(id)
          erp.ship(orderOf(id)[0]?.id ?? '')
        }
        return won
      }

      const struck: Struck[] = []
      const waited = async (holds: () => boolean, ms: number) => {
        for (const end = Date.now() + ms; Date.now() < end; await delay(20)) if (holds()) return true
        return false
      }
      const network = async (side: 'crm' | 'erp') => {
        const system = pair[side]
        const requests = Object.values(system.requests)
        const [name, trouble] = pick(Object.entries(networkTroubles))
        const times = 1 + Math.floor(random() * 3)
        const hits = await strikeSystem(system, pick([{}, ...requests]), trouble, { times, patienceMs: 3 * patienceMs })
        system.clearFaults()
        if (hits > 0) kinds.set(name, (kinds.get(name) ?? 0) + 1)
        return hits > 0
      }
      const kinds = new Map<string, number>()
      const breaks: Partial<Record<Kind, () => Promise<boolean>>> = {
        'worker killed': async () => {
          fleet.kill(pick(workers))
          return true
        },
        'workers killed': async () => {
          killWorkers()
          return true
        },
        'CRM network': () => network('crm'),
        'ERP network': () => network('erp'),
      }
      if ('api' in ground.servers)
        breaks['API killed'] = async () => {
          fleet.kill('api')
          return true
        }
      for (const [kind, act] of Object.entries(ground.breaks))
        breaks[kind as Kind] = async () => {
          let felt = false
          await act(async (holds) => {
            felt = await waited(holds, 20_000)
            return felt
          })
          return felt
        }

      /** As if time had passed: the leases of the dead lapse, and what waits for later is due. */
      async function pass(): Promise<void> {
        const connection = await ground.connection()
        if (connection === null) return
        await query(connection, async (ask) => {
          for (const table of ['inbox', 'streams', 'alerting'])
            await ask(
              `update crosswalk.${table} set lease_until = lease_until - interval '1 hour'
             where exists (select from unnest($1::text[]) as gone (name) where starts_with(worker, name))
               and lease_until > statement_timestamp()`,
              [fleet.gone()],
            )
          // What kills its workers waits longer each time; that is left to it, or nothing else would ever be done.
          await ask(
            `update crosswalk.inbox set due_at = least(due_at, statement_timestamp())
           where worker is null and due_at > statement_timestamp() and record_id <> $1`,
            [poisons.killer],
          )
          await ask('update crosswalk.connections set paused_until = least(paused_until, statement_timestamp())')
          await ask('update crosswalk.alert_channels set next_try_at = least(next_try_at, statement_timestamp())')
        })
      }

      const deck = shuffled(
        Object.keys(breaks).flatMap((kind) => Array.from({ length: floors[kind as Kind] }, () => kind as Kind)),
      )
      // What missed is tried again.
      const deckMax = deck.length
      let aims = shuffled(moments)
      for (const [round, kind] of deck.entries()) {
        if (aims.length === 0) aims = shuffled(moments)
        const aim = aims.pop()
        trade()
        if (aim !== undefined) await sight.moment(aim, patienceMs)
        await delay(Math.floor(random() * 6))
        const window = sight.window()
        const hit = await breaks[kind]?.()
        if (hit === true) struck.push({ kind, window })
        else if (deck.length < 2 * deckMax) deck.push(kind)
        // And so is a moment that was not met.
        const unmet = windows.slice(0, 3).find((one) => struck.every(({ window: met }) => met !== one))
        if (unmet !== undefined && deck.length === round + 1 && deck.length < 2 * deckMax) {
          deck.push('worker killed')
          aims.push(momentOf[unmet])
        }
        await up()
        // What was at work when the database went waits for its lease to lapse; what is won now need not.
        const [probe = ''] = shop.win(1)
        lines.set(probe, 2)
        const again = async () => {
          await pass()
          return delivered(probe)
        }
        const end = Date.now() + recoveryMs
        while (!(await again())) {
          if (Date.now() > end) throw new Error(`after "${kind}" nothing was delivered any more\n${lastLines()}`)
          await delay(250)
        }
      }
      const chaosMs = performance.now() - startedAt

      // Peace.
      pair.crm.clearFaults()
      pair.erp.clearFaults()
      for (const { says } of poisons.all)
        if (says !== null)
          await until(
            async () => {
              await pass()
              return (await messages()).some((message) => message.includes(says))
            },
            `a problem that says "${says}"`,
            lastLines,
          )
      await until(
        async () => {
          await pass()
          return poisons.kills() >= 2
        },
        'a deal that kills workers',
        lastLines,
      )
      for (const { mend } of poisons.all) {
        await up()
        await mend()
      }
      let left = 'nothing yet'
      const quiet = async () => {
        await pass()
        const connection = await ground.connection()
        if (connection === null) return false
        const rows = await query(connection, (ask) =>
          ask(
            `select (select count(*)::integer from crosswalk.inbox) as inbox,
             (select coalesce(json_agg(sync || ': ' || (failure ->> 'message')), '[]') from crosswalk.problems where ${isOpen}) as problems,
             (select count(*)::integer from crosswalk.alerts) as alerts`,
            [],
          ),
        )
        const unfinished = crm
          .deals()
          .filter(({ id, won, shown }) => won && (!delivered(id) || shown.problem !== null))
          .map(({ id, name, shown }) => `${id} ${name} ${JSON.stringify(shown)}`)
        const unamended = [...lines].filter(([id, count]) => orderOf(id)[0]?.lines.length !== count).map(([id]) => id)
        left = JSON.stringify({ ...rows?.[0], unfinished, unamended })
        if (rows === null) return false
        const { inbox, problems, alerts } = rows[0] as { inbox: number; problems: string[]; alerts: number }
        return inbox + problems.length + alerts + unfinished.length + unamended.length === 0
      }
      await until(quiet, 'peace', () => `${left}\n${lastLines()}`)
      const codes = await fleet.stop()
      const log = fleet.log()

      const opened = await pair.open()
      closing.push(() => opened.close())
      const proof = await prove(pair, opened)
      const jobs = openJobs(opened.projects, idleQueue(), { ...opened.deps, metrics: opened.metrics })
      await jobs.handle({ queue: 'upkeep', task: 'reconcile' }, new AbortController().signal)
      const reconciled = await opened.crosswalk.reconcile('orders', { mend: false })
      const certificates = await opened.crosswalk.certificates({ max: 10 })

      const count = (list: readonly string[]) =>
        Object.entries(Object.groupBy(list, (one) => one))
          .map(([name, all]) => `${all?.length} ${name}`)
          .join(', ')
      process.stderr.write(
        `chaos from ${names.crm} to ${names.erp} with CROSSWALK_SEED=${seed}, ${Math.round(chaosMs / 1000)} s and ` +
          `${Math.round((performance.now() - startedAt - chaosMs) / 1000)} s of peace: ${count(struck.map(({ kind }) => kind))}; ` +
          `${[...kinds].map(([name, times]) => `${times} ${name}`).join(', ')}; ${count(struck.map(({ window }) => window))}; ` +
          `${poisons.kills()} kills by a poisoned deal, ${fleet.starts()} starts; ${proof.won} won, ${proof.orders} orders, ` +
          `${proof.double.length} double, ${proof.missing.length} missing, ${proof.silent.length} silent, ${told.posts.length} messages\n`,
      )
      expect(proof).toMatchObject({ ...flawless, held: [], problems: 0, orders: proof.won })
      expect(reconciled).toMatchObject({ won: proof.won, linked: proof.won, missing: [], extra: [] })
      expect(certificates[0]).toMatchObject({ certificate: { won: proof.won } })
      expect(codes.filter((code) => code !== 0)).toEqual([])
      expect(fleet.ended.filter(({ worked, code }) => worked || code !== 1)).toEqual([])
      expect(log.flatMap((line, at) => (isFault(line) ? log.slice(Math.max(0, at - 4), at + 1) : []))).toEqual([])
      expect(untold(told.posts.map(({ body }) => body))).toEqual([])
      for (const [kind, floor] of Object.entries(floors))
        if (kind in breaks)
          expect([kind, struck.filter((one) => one.kind === kind).length >= floor]).toEqual([kind, true])
      for (const window of windows.slice(0, 3))
        expect([window, struck.some((one) => one.window === window)]).toEqual([window, true])
    },
    1_200_000,
  )
}

/** A line that tells of a fault of ours. */
const isFault = (line: string): boolean =>
  /api_fault|fault of Crosswalk|no longer followed|\\n +at |^ +at |unhandled/i.test(line)

/** What people were told of and never again, or were told of twice. */
function untold(bodies: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const states = new Map<string, string[]>()
  const seen = new Set<unknown>()
  for (const { id, changes } of bodies) {
    // Sent again, as it was not noted that it had arrived.
    if (seen.has(id)) continue
    seen.add(id)
    for (const { change, subject } of (changes ?? []) as { change: string; subject: string }[])
      if (change === 'new' || change === 'over') states.set(subject, [...(states.get(subject) ?? []), change])
  }
  return [...states]
    .filter(
      ([, list]) => list.length % 2 === 1 || list.some((one, index) => one !== (index % 2 === 0 ? 'new' : 'over')),
    )
    .map(([subject, list]) => `${subject}: ${list.join(' ')}`)
}

/** Those that are over are kept for a while. */
const isOpen = `(whole or exists (select from crosswalk.problem_records where problem_id = problems.id))`

type Ask = (sql: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>
/** Null when the database is away, or went meanwhile. */
async function query<T>(connection: pg.ClientConfig, work: (ask: Ask) => Promise<T>): Promise<T | null> {
  const client = new pg.Client(connection)
  // Whoever asks hears of it, too.
  let broken = false
  client.on('error', () => {
    broken = true
  })
  try {
    await client.connect()
    const answer = await work(async (sql, values = []) => (await client.query(sql, [...values])).rows)
    await client.end()
    return answer
  } catch (error) {
    if (broken || isAway(error)) return null
    throw error
  }
}
