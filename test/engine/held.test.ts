import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { openBatch } from '../../src/app/bench/batch.ts'
import { openJobs } from '../../src/app/engine/jobs.ts'
import { type Failure, type Problem, SyncError, verdictOf } from '../../src/core/problem.ts'
import type { Job } from '../../src/ports/queue.ts'
import { allPairs } from '../extent.ts'
import { settle } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPairOf, type Pair, type Timed } from '../rig.ts'
import { everyProblem } from './every-problem.ts'
import { idleQueue } from './idle-queue.ts'

/* What holds a deal up is read on the deal, in every CRM, and no longer once it is over. */

const all = Object.values(everyProblem)
const failure = (problem: Problem): Failure => ({ problem, message: `it is ${problem.kind}`, fix: 'Mend it.' })
const minute = 60_000
const crms = [...new Set(allPairs.map(({ crm }) => crm))]

describe.each(crms)('a deal of %s', (crm) => {
  let pair: Pair & Timed
  let opened: OpenProject
  let companyId: string
  let enqueued: Job[]
  beforeAll(async () => {
    pair = await openPairOf({ crm, erp: 'odoo' })
    opened = await pair.open()
    await opened.crosswalk.setup(crm)
    pair.erp.erp.addProduct({ sku: 'LAMP', name: 'Lamp', price: '39.9', route: 'stock' })
    companyId = pair.crm.crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example', country: 'Germany' })
    await settle(opened)
  })
  afterAll(async () => {
    await opened?.close()
    await pair?.close()
  })
  afterEach(async () => {
    await opened.crosswalk.resume('orders', {})
    await settle(opened, pair)
  })

  const jobs = () => openJobs(opened.projects, idleQueue(enqueued), { ...opened.deps, metrics: opened.metrics })
  /** What a server does every few seconds. */
  const tell = async () => {
    enqueued = []
    const own = jobs()
    await own.tellHeld()
    for (const job of enqueued) await own.handle(job, new AbortController().signal)
    return enqueued.length
  }
  const line = { sku: 'LAMP', quantity: '1', price: '39.9' }
  const win = (state: 'won' | 'open' = 'won') =>
    pair.crm.crm.addDeal({ name: 'A deal', state, companyId, lines: [line] })
  const shown = (id: string) => pair.crm.crm.deal(id)?.shown.problem ?? null
  const refOf = (id: string) => ({ connection: crm, object: pair.crm.words.deal, id })
  const wait = (ids: readonly string[]) => opened.deps.ledger.inbox.add('orders', ids.map(refOf), { lane: 'live' })

  test('does not tell of a moment', async () => {
    const { ledger } = opened.deps
    const id = win()
    await wait([id])
    const guard = everyProblem.guard_tripped
    await ledger.syncs.set('orders', { heldBecause: failure(guard).message })
    await ledger.problems.raise([{ sync: 'orders', causeKey: guard.kind, failure: failure(guard), records: [] }])
    expect([await tell(), shown(id)]).toEqual([0, null])
    pair.pass(minute + 1000)
    expect([await tell(), shown(id)]).toEqual([1, expect.stringContaining(guard.kind)])
  })

  test.each(all)('shows that it waits on $kind, and no longer once it does not', async (problem) => {
    const { ledger, clock } = opened.deps
    const ref = refOf(win('open'))
    const deliver = async (act: (batch: ReturnType<typeof openBatch>) => void) => {
      await ledger.inbox.add('orders', [ref], { lane: 'live' })
      const claimed = await ledger.inbox.claim('orders', { max: 1, worker: 'w', leaseMs: minute })
      // As often as it takes for what is tried again by itself to be shown.
      const claims = claimed.map((one) => ({ ...one, attempts: 9 }))
      const batch = openBatch({ sync: 'orders', feeds: 'fulfilment', claims }, { ledger, clock })
      act(batch)
      await batch.commit()
      await opened.crosswalk.run(['fulfilment'], {})
    }
    await deliver((batch) => batch.fail(ref, failure(problem)))
    expect(shown(ref.id)).toBe(`it is ${problem.kind} Mend it.`)
    pair.crm.crm.changeDeal(ref.id, { state: 'open' })
    await deliver((batch) => batch.done(ref, 'left_out'))
    expect(shown(ref.id)).toBeNull()
  })

  const pauses = all.filter((one) => one.kind === 'unavailable' || verdictOf(one).do === 'pause_connection')
  test.each(pauses)('shows that the ERP is not asked: $kind', async (problem) => {
    const [id, open] = [win(), win('open')]
    await wait([id, open])
    const erp = opened.projects.current().endpoint('odoo')
    const refused = new SyncError(failure(problem).message, failure(problem))
    for (let failures = 0; failures < 2; failures += 1)
      await expect(erp.use(() => Promise.reject(refused))).rejects.toThrow(problem.kind)
    pair.pass(minute + 1000)
    for (let failures = 0; failures < 2; failures += 1)
      await expect(erp.use(() => Promise.reject(refused))).rejects.toThrow(problem.kind)
    await tell()
    expect([shown(id), shown(open)]).toEqual([expect.stringContaining(problem.kind), null])
    expect(await tell()).toBe(0)
    await erp.use(async () => 'it works')
    await settle(opened, pair)
    expect(shown(id)).toBeNull()
    expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])
  })

  const holds = all.filter((one) => verdictOf(one).do === 'hold_sync')
  test.each(holds)('shows that its sync is held: $kind', async (problem) => {
    const [id, lost] = [win(), win()]
    await wait([id, lost])
    const { ledger } = opened.deps
    await ledger.syncs.set('orders', { heldBecause: failure(problem).message })
    const causeKey = problem.kind === 'configuration_invalid' ? `${problem.kind} ${problem.path}` : problem.kind
    await ledger.problems.raise([{ sync: 'orders', causeKey, failure: failure(problem), records: [] }])
    pair.pass(minute + 1000)
    await tell()
    expect([shown(id), shown(lost)]).toEqual([
      expect.stringContaining(problem.kind),
      expect.stringContaining(problem.kind),
    ])
    expect(await opened.crosswalk.problems({ max: 10 })).toMatchObject([{ kind: problem.kind, waiting: 2 }])
    pair.crm.crm.changeDeal(lost, { state: 'lost' })
    await opened.crosswalk.resume('orders', {})
    await settle(opened)
    expect([shown(id), shown(lost)]).toEqual([null, null])
    expect(pair.crm.crm.deal(id)?.shown.orderNumber).toMatch(/./)
    expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])
  })

  test('that a person holds back shows nothing: nothing is wrong', async () => {
    const id = win()
    await wait([id])
    await opened.crosswalk.hold('orders', 'stock-taking')
    pair.pass(60 * minute)
    expect(await tell()).toBe(0)
    expect(shown(id)).toBeNull()
  })
})
