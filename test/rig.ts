import { startHubspotSimulator } from '../connectors/hubspot/simulator/index.ts'
import { startOdooSimulator } from '../connectors/odoo/simulator/index.ts'
import { simulatedCrms, simulatedErps } from '../connectors/simulators.ts'
import { fromMillis, type Instant } from '../src/core/time.ts'
import { systemClock } from '../src/main/clock.ts'
import type { Clock } from '../src/ports/clock.ts'
import type { SimulatedCrm, SimulatedErp } from '../src/simulator/world.ts'
import type { PairNames } from './extent.ts'
import { type ConfigChange, openProjectFolder, type ProjectFolder } from './project-folder.ts'

/** A project between a simulated CRM and a simulated ERP. */
export interface Pair extends ProjectFolder {
  readonly crm: SimulatedCrm
  readonly erp: SimulatedErp
  close(): Promise<void>
}
interface PairOptions extends ConfigChange {
  readonly environment?: Readonly<Record<string, string>>
  readonly clock?: Clock
}
/** The clock of the simulators and of what is opened in this process can be put forward, so that nobody waits for seconds. */
export interface Timed {
  pass(ms: number): void
}

/** Takes the two over: `close` closes them. */
export async function openPair(
  crm: { readonly system: string; readonly simulator: SimulatedCrm },
  erp: { readonly system: string; readonly simulator: SimulatedErp },
  { environment, clock, ...change }: PairOptions = {},
): Promise<Pair> {
  const sides = {
    crm: { system: crm.system, settings: crm.simulator.settings },
    erp: { system: erp.system, settings: erp.simulator.settings },
  }
  const folder = await openProjectFolder(sides, change, environment, clock)
  return {
    ...folder,
    crm: crm.simulator,
    erp: erp.simulator,
    async close() {
      await crm.simulator.close()
      await erp.simulator.close()
      await folder.remove()
    },
  }
}

/** Settings that make waits short, and batches small so that faults strike between them; of systems that have such. */
const testSettings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  hubspot: { indexDelaySeconds: 1, lineItemsMinutes: 0 },
  odoo: { loadOrders: 4 },
}

/** Starts both simulators by their names. */
export async function openPairOf(
  { crm, erp }: PairNames,
  simulators: { readonly latencyMs?: number; readonly currencies?: readonly string[] } = {},
  change: Omit<PairOptions, 'clock'> = {},
): Promise<Pair & Timed> {
  const { now, clock, pass } = movingClock()
  const startCrm = startOf(simulatedCrms, crm)
  const startErp = startOf(simulatedErps, erp)
  const pair = await openPair(
    { system: crm, simulator: await startCrm({ ...simulators, now }) },
    { system: erp, simulator: await startErp({ ...simulators, now }) },
    { ...change, clock, crm: { ...testSettings[crm], ...change.crm }, erp: { ...testSettings[erp], ...change.erp } },
  )
  return { ...pair, pass }
}

export function startOf<Start>(list: Readonly<Record<string, Start>>, system: string): Start {
  const found = list[system]
  if (found === undefined) throw new Error(`there is no simulator of "${system}"`)
  return found
}

/** The real time, and what was passed over. */
function movingClock(): Timed & { now(): number; readonly clock: Clock } {
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  return {
    now,
    clock: {
      now: () => fromMillis(now()) as Instant,
      // Waits before another attempt only cost time here; how long they are is tested beside who waits.
      sleep: (ms, signal) => systemClock.sleep(ms < 10_000 ? ms / 10 : ms, signal),
    },
    pass(ms) {
      aheadMs += ms
    },
  }
}

/** The pair that most tests work with: HubSpot and Odoo, with what people can do there in the systems' own words. */
export interface Rig extends Pair, Timed {
  readonly hubspot: Awaited<ReturnType<typeof startHubspotSimulator>>
  readonly odoo: Awaited<ReturnType<typeof startOdooSimulator>>
}
interface RigOptions extends PairOptions {
  /** How far the clocks of both systems are ahead of Crosswalk's. */
  readonly skewMs?: number
  readonly simulators?: {
    readonly hubspot?: Parameters<typeof startHubspotSimulator>[0]
    readonly odoo?: Parameters<typeof startOdooSimulator>[0]
  }
}

export async function openRig({ simulators, skewMs = 0, ...options }: RigOptions = {}): Promise<Rig> {
  const { now: ours, clock, pass } = movingClock()
  const now = () => ours() + skewMs
  const hubspot = await startHubspotSimulator({ now, ...simulators?.hubspot })
  const odoo = await startOdooSimulator({ now, ...simulators?.odoo })
  const pair = await openPair(
    { system: 'hubspot', simulator: hubspot },
    { system: 'odoo', simulator: odoo },
    { clock, ...options },
  )
  return { ...pair, hubspot, odoo, pass }
}

/** Opens at the first call and once only; after a failure the next call tries again, so that one test fails and not all. */
export function lazily<T>(open: () => Promise<T>): { get(): Promise<T>; ifOpened(): Promise<T | null> } {
  let opening: Promise<T> | null = null
  return {
    get() {
      opening ??= open().catch((error: unknown) => {
        opening = null
        throw error
      })
      return opening
    },
    ifOpened: async () => opening,
  }
}
