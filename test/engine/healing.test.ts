import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { openBatch } from '../../src/app/bench/batch.ts'
import { openJobs } from '../../src/app/engine/jobs.ts'
import type { Project } from '../../src/app/project/project.ts'
import { type Failure, type Problem, SyncError, verdictOf } from '../../src/core/problem.ts'
import type { RecordRef } from '../../src/core/ref.ts'
import type { Job, Queue } from '../../src/ports/queue.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'
import { everyProblem } from './every-problem.ts'
import { idleQueue } from './idle-queue.ts'

/* Every kind of problem, wherever it comes up: raised, healed, gone. */

const problems = everyProblem
const all = Object.values(problems)
const failureOf = (problem: Problem): Failure => ({ problem, message: `it is ${problem.kind}`, fix: 'Mend it.' })
const errorOf = (problem: Problem) => new SyncError(`it is ${problem.kind}`, { problem, fix: 'Mend it.' })

let rig: Rig
let opened: OpenProject
let whole: Project
let current: Project
beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  opened = await rig.open()
  await opened.crosswalk.setup('hubspot')
  whole = opened.projects.current()
  current = whole
})
afterEach(() => {
  current = whole
})
afterAll(async () => {
  await opened.close()
  await rig.close()
})

const queue = idleQueue()
const jobs = () =>
  openJobs({ current: () => current, takeOver: async () => {} }, queue, { ...opened.deps, metrics: opened.metrics })
const delivery: Job = { queue: 'deliver', sync: 'orders', lane: 'live' }
const deliver = (work: ReturnType<typeof jobs>) => work.handle(delivery, new AbortController().signal)
const open = async () => (await opened.deps.ledger.problems.list({ max: 100 })).map((one) => [one.sync, one.kind])
/** The project as it is while a sync cannot be opened. */
const without = (problem: Problem): Project => ({
  ...whole,
  sync: (name) => (name === 'orders' ? Promise.reject(errorOf(problem)) : whole.sync(name)),
})

describe('what keeps a sync from starting is over once it starts:', () => {
  test.each(all)('$kind', async (problem) => {
    const work = jobs()
    current = without(problem)
    await work.begin()
    expect(await open()).toEqual([['orders', problem.kind]])
    current = whole
    await deliver(work)
    expect(await open()).toEqual([])
  })

  test('one after the other, where the reason changes', async () => {
    const work = jobs()
    current = without(problems.unavailable)
    await work.begin()
    current = without(problems.auth_rejected)
    await deliver(work)
    expect(await open()).toEqual([['orders', 'auth_rejected']])
    current = whole
    await deliver(work)
    expect(await open()).toEqual([])
  })

  test('where the process that could not start it is gone', async () => {
    const other = jobs()
    await other.begin()
    current = without(problems.unavailable)
    await jobs().begin()
    expect(await open()).toEqual([['orders', 'unavailable']])
    current = whole
    await other.probe()
    expect(await open()).toEqual([])
  })

  test('and once a person runs it', async () => {
    current = without(problems.auth_rejected)
    await jobs().begin()
    await opened.crosswalk.run(['orders'], {})
    expect(await open()).toEqual([])
  })

  test('or once it is configured no more', async () => {
    const before = { sync: 'old', causeKey: 'start', failure: failureOf(problems.unavailable), records: [] }
    await opened.deps.ledger.problems.raise([before, { ...before, sync: 'connection old' }])
    await jobs().begin()
    expect(await open()).toEqual([])
  })
})

describe('what a record waits on is over with its first success:', () => {
  const ref: RecordRef = { connection: 'hubspot', object: 'deals', id: 'heal' }

  test.each(all)('$kind', async (problem) => {
    const { ledger, clock } = opened.deps
    const sync = `heal ${problem.kind}`
    await ledger.inbox.add(sync, [ref], { lane: 'live' })
    // One that was tried before, so often that it is shown.
    const claims = (await ledger.inbox.claim(sync, { max: 1, worker: 'w', leaseMs: 60_000 })).map((one) => ({
      ...one,
      attempts: 9,
    }))
    const first = openBatch({ sync, feeds: null, claims }, { ledger, clock })
    first.fail(ref, failureOf(problem))
    await first.commit()
    expect(await open()).toEqual([[sync, problem.kind]])
    const next = openBatch({ sync, feeds: null, claims }, { ledger, clock })
    next.done(ref, 'unchanged')
    await next.commit()
    expect(await open()).toEqual([])
  })
})

describe('what pauses a connection is over with the first call that works:', () => {
  const pauses: readonly Problem[] = [
    ...all.filter((one) => one.kind === 'unavailable' || verdictOf(one).do === 'pause_connection'),
    { kind: 'rate_limited', retryAfterMs: 3_600_000 },
  ]
  const fail = async (project: Project, problem: Problem) => {
    const call = project.endpoint('odoo').use(() => Promise.reject(errorOf(problem)))
    await expect(call).rejects.toThrow(problem.kind)
  }
  const works = (project: Project) => project.endpoint('odoo').use(async () => 'fine')

  test.each(pauses)('$kind', async (problem) => {
    await fail(whole, problem)
    await fail(whole, problem)
    expect(await open()).toEqual([['connection odoo', problem.kind]])
    await works(whole)
    expect(await open()).toEqual([])
  })

  test.each(pauses)('$kind, that another process met', async (problem) => {
    await works(whole)
    const other = await rig.open()
    await fail(other.projects.current(), problem)
    await fail(other.projects.current(), problem)
    await other.close()
    expect(await open()).toEqual([['connection odoo', problem.kind]])
    expect(await whole.endpoint('odoo').paused()).not.toBeNull()
    await works(whole)
    expect(await open()).toEqual([])
  })

  test.each(pauses)('$kind, of a process that was killed before it could pause it', async (problem) => {
    const one = { sync: 'connection odoo', causeKey: problem.kind, failure: failureOf(problem), records: [] }
    await opened.deps.ledger.problems.raise([one])
    const next = await rig.open()
    await works(next.projects.current())
    await next.close()
    expect(await open()).toEqual([])
  })
})

describe('what holds a sync is over when a person or new mappings let it go:', () => {
  const holds = all.filter((one) => verdictOf(one).do === 'hold_sync')

  test.each(holds)('$kind, by a person', async (problem) => {
    const { ledger } = opened.deps
    await ledger.syncs.set('orders', { heldBecause: failureOf(problem).message })
    await ledger.problems.raise([{ sync: 'orders', causeKey: problem.kind, failure: failureOf(problem), records: [] }])
    await opened.crosswalk.resume('orders', {})
    expect(await open()).toEqual([])
  })

  test('two mistakes that batches met side by side, by new mappings', async () => {
    const { ledger } = opened.deps
    const sync = await whole.sync('orders')
    const refused = errorOf(problems.configuration_invalid)
    const failing = { ...sync, deliver: () => Promise.reject(refused) }
    await ledger.inbox.add('orders', [{ connection: 'hubspot', object: 'deals', id: '1' }], { lane: 'live' })
    const failure = { ...failureOf({ kind: 'configuration_invalid', path: 'y' }), message: 'another' }
    await ledger.problems.raise([{ sync: 'orders', causeKey: 'configuration_invalid y', failure, records: [] }])
    current = { ...whole, sync: (name) => (name === 'orders' ? Promise.resolve(failing) : whole.sync(name)) }
    await deliver(jobs())
    expect(await open()).toHaveLength(2)
    current = whole
    await ledger.syncs.set('orders', { mappings: 'of before' })
    await jobs().begin()
    expect(await open()).toEqual([])
  })
})

test('schedules that the queue has lost are restored by the next sweep', async () => {
  const { config } = whole
  const orders = { ...config.syncs.orders, schedule: { cron: '*/5 * * * *', time_zone: 'Europe/Berlin' } }
  current = { ...whole, config: { ...config, syncs: { ...config.syncs, orders } as typeof config.syncs } }
  const restored: unknown[] = []
  const forgetful: Queue = { ...queue, restore: async (schedules) => void restored.push(...schedules) }
  const { deps, metrics } = opened
  await openJobs({ current: () => current, takeOver: async () => {} }, forgetful, { ...deps, metrics }).sweep()
  expect(restored).toEqual([{ sync: 'orders', cron: '*/5 * * * *', timeZone: 'Europe/Berlin' }])
})
