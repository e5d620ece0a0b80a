import { type Fault, isMatch, type Match } from '../../src/simulator/server.ts'
import type { SimulatedCrm, SimulatedErp, SimulatedSystem } from '../../src/simulator/world.ts'

/* What strikes, and when: the choices of one seed, the moments that are aimed at, and what was in doubt then. */

/** Numbers from 0 to 1 that come out the same again from the same seed. */
export function dice(seed: number) {
  let state = seed % 2_147_483_647
  const random = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const shuffled = <T>(list: readonly T[]): T[] => {
    const left = [...list]
    return list.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T)
  }
  return { random, pick, shuffled }
}

/** What is in doubt when something strikes. */
export const windows = ['an order is being made', 'made, not confirmed', 'confirmed, not written back', 'else'] as const
export type Window = (typeof windows)[number]

export const moments = [
  'create arrived',
  'create answered',
  'confirm arrived',
  'confirm answered',
  'report arrived',
  'report answered',
  'changes arrived',
] as const
export type Moment = (typeof moments)[number]

interface Systems {
  readonly crm: SimulatedCrm
  readonly erp: SimulatedErp
}

/** Where each begins. */
export const momentOf: Readonly<Record<Window, Moment>> = {
  'an order is being made': 'create arrived',
  'made, not confirmed': 'create answered',
  'confirmed, not written back': 'confirm answered',
  else: 'changes arrived',
}

/** What is in doubt once this has passed. */
const doubt: Readonly<Record<Moment, Window>> = {
  'create arrived': 'an order is being made',
  'create answered': 'made, not confirmed',
  'confirm arrived': 'made, not confirmed',
  'confirm answered': 'confirmed, not written back',
  'report arrived': 'confirmed, not written back',
  'report answered': 'else',
  'changes arrived': 'else',
}
/** How long a moment lasts. */
const momentMs = 100

export function watchSystems({ crm, erp }: Systems) {
  const waiting = new Map<Moment, (() => void)[]>()
  let last: { readonly moment: Moment; readonly at: number } = { moment: 'changes arrived', at: 0 }
  const pass = (moment: Moment) => () => {
    // Looking for changes goes on beside whatever else is done.
    if (moment !== 'changes arrived') last = { moment, at: performance.now() }
    for (const go of waiting.get(moment) ?? []) go()
    waiting.delete(moment)
  }
  const { create, confirm } = erp.requests
  const { report, changes } = crm.requests
  const stops = [
    erp.watch(create, 'arrived', pass('create arrived')),
    erp.watch(create, 'answered', pass('create answered')),
    erp.watch(confirm, 'arrived', pass('confirm arrived')),
    erp.watch(confirm, 'answered', pass('confirm answered')),
    crm.watch(report, 'arrived', pass('report arrived')),
    crm.watch(report, 'answered', pass('report answered')),
    crm.watch(changes, 'arrived', pass('changes arrived')),
  ]
  return {
    /** Waits for the moment, so long. */
    moment(moment: Moment, patienceMs: number): Promise<void> {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, patienceMs)
        const go = () => {
          clearTimeout(timer)
          resolve()
        }
        waiting.set(moment, [...(waiting.get(moment) ?? []), go])
      })
    },
    window: (): Window => (performance.now() - last.at > momentMs ? 'else' : doubt[last.moment]),
    close() {
      for (const stop of stops) stop()
    },
  }
}

const unavailable: Omit<Fault, 'match'> = {
  kind: 'status',
  status: 503,
  body: { message: 'try again later' },
  headers: { 'retry-after': '1' },
}
const tooMany: Omit<Fault, 'match'> = {
  kind: 'status',
  status: 429,
  body: { message: 'too many requests' },
  headers: { 'retry-after': '1' },
}

/** What the network between us and a system does. */
export const networkTroubles: Readonly<Record<string, Omit<Fault, 'match'>>> = {
  reset: { kind: 'refuse' },
  'answer lost': { kind: 'lose_answer' },
  'answer cut off': { kind: 'cut' },
  '429': tooMany,
  '503': unavailable,
  slow: { kind: 'slow', delayMs: 700 },
}

/** Puts a fault in force and waits until it struck. @returns how often it did */
export async function strikeSystem(
  system: SimulatedSystem,
  match: Match,
  trouble: Omit<Fault, 'match'>,
  { times, patienceMs }: { readonly times: number; readonly patienceMs: number },
): Promise<number> {
  let struck = 0
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patienceMs)
    const stop = system.watch({}, 'arrived', (request) => {
      if (!isMatch(match, request)) return
      struck += 1
      if (struck < times) return
      stop()
      clearTimeout(timer)
      resolve()
    })
    system.fault({ match, ...trouble, times })
  })
  return struck
}
