import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { detect } from '../../src/app/engine/detect.ts'
import { openJobs } from '../../src/app/engine/jobs.ts'
import type { Project } from '../../src/app/project/project.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Job, Queue } from '../../src/ports/queue.ts'
import { flawless, prove, settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/* What becomes of work under way when another project takes the place of the one it began with. */

let rig: Rig
let opened: OpenProject
let current: Project
let queued: Job[]
let queue: Queue
let takeOver = async () => {}

beforeEach(async () => {
  rig = await openRig({ orders: { batch: 1 }, crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  opened = await rig.open()
  await opened.crosswalk.setup('hubspot')
  current = opened.projects.current()
  queued = []
  queue = queueOf()
  takeOver = async () => {}
})
afterEach(async () => {
  await opened.close()
  await rig.close()
})

const queueOf = (): Queue => ({
  enqueue: async (jobs) => void queued.push(...jobs),
  schedule: async () => undefined,
  restore: async () => undefined,
  work: async () => async () => undefined,
  counts: async () => ({
    detect: { waiting: 0, active: 0 },
    deliver: { waiting: 0, active: 0 },
    upkeep: { waiting: 0, active: 0 },
  }),
  close: async () => undefined,
})
const jobs = () =>
  openJobs({ current: () => current, takeOver: () => takeOver() }, queue, { ...opened.deps, metrics: opened.metrics })
const delivery: Job = { queue: 'deliver', sync: 'orders', lane: 'live' }
const state = () => opened.deps.ledger.syncs.get('orders', opened.deps.clock.now())

test('a delivery ends after the batches in hand, and the rest is queued for the new one', async () => {
  stock(rig).win(9)
  await detect(await current.sync('orders'), { kind: 'manual' }, opened.deps)
  const work = jobs()
  // Replaced as soon as the first batch fed the other sync.
  queue.enqueue = async (added) => {
    queued.push(...added)
    current = { ...opened.projects.current() }
  }
  await work.handle(delivery, new AbortController().signal)
  const made = rig.odoo.store.orders().length
  expect(made).toBeGreaterThan(0)
  expect(made).toBeLessThan(9)
  expect(queued.at(-1)).toEqual(delivery)
  await settle(opened)
  expect(await prove(rig, opened)).toMatchObject({ ...flawless, orders: 9 })
}, 60_000)

test('what was published is asked for before a job and each batch, not with the next sweep', async () => {
  stock(rig).win(4)
  await detect(await current.sync('orders'), { kind: 'manual' }, opened.deps)
  const empty: Project = { ...current, config: { ...current.config, syncs: {} } }
  takeOver = async () => {
    current = empty
  }
  await jobs().handle(delivery, new AbortController().signal)
  expect(rig.odoo.store.orders()).toEqual([])

  const full = opened.projects.current()
  let asked = 0
  current = full
  takeOver = async () => {
    asked += 1
    if (asked > 3) current = empty
  }
  await jobs().handle(delivery, new AbortController().signal)
  // Both loops had asked once when the one that came first asked again.
  expect(rig.odoo.store.orders().length).toBeLessThan(3)
  expect(queued.at(-1)).toEqual(delivery)
}, 60_000)

test('a job of a sync that the new project does not have does nothing', async () => {
  current = { ...current, config: { ...current.config, syncs: {} } }
  await jobs().handle(delivery, new AbortController().signal)
  expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])
})

test('new mappings let a sync go on that was held for a mistake in them, and not one that a person holds', async () => {
  const { ledger } = opened.deps
  await jobs().begin()
  const { digest } = await current.sync('orders')
  const failure = {
    problem: { kind: 'configuration_invalid', path: 'x' },
    message: 'No field x',
    fix: 'Mend it.',
  } as const
  await ledger.problems.raise([{ sync: 'orders', causeKey: 'configuration_invalid x', failure, records: [] }])
  await ledger.syncs.set('orders', { heldBecause: failure.message, mappings: 'of before' })
  await jobs().begin()
  expect(await state()).toMatchObject({ heldBecause: null, mappings: digest })
  expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])

  await opened.crosswalk.hold('orders', 'stocktaking')
  await ledger.syncs.set('orders', { mappings: 'of before' })
  await jobs().begin()
  expect(await state()).toMatchObject({ heldBecause: 'stocktaking', mappings: digest })
})

test('a sync whose system is down when its project is replaced is noticed once it opens', async () => {
  const { ledger } = opened.deps
  const { digest } = await current.sync('orders')
  await state()
  await ledger.syncs.set('orders', { mappings: 'of before' })
  const whole = current
  const failure = new SyncError('Odoo is down', { problem: { kind: 'unavailable' }, fix: 'Wait.' })
  current = { ...whole, sync: (name) => (name === 'orders' ? Promise.reject(failure) : whole.sync(name)) }
  const work = jobs()
  await work.begin()
  expect(await state()).toMatchObject({ mappings: 'of before' })
  current = whole
  await work.handle(delivery, new AbortController().signal)
  expect(await state()).toMatchObject({ mappings: digest })
})
