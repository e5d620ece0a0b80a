import { startHubspotSimulator } from '../connectors/hubspot/simulator/index.ts'
import { startOdooSimulator } from '../connectors/odoo/simulator/index.ts'
import type { SimulatedCrm, SimulatedErp } from '../src/simulator/world.ts'
import { type ConfigChange, openProjectFolder, type ProjectFolder } from './project-folder.ts'

/** A project between a simulated CRM and a simulated ERP. */
export interface Pair extends ProjectFolder {
  readonly crm: SimulatedCrm
  readonly erp: SimulatedErp
  close(): Promise<void>
}
interface PairOptions extends ConfigChange {
  readonly environment?: Readonly<Record<string, string>>
}

/** Takes the two over: `close` closes them. */
export async function openPair(
  crm: { readonly system: string; readonly simulator: SimulatedCrm },
  erp: { readonly system: string; readonly simulator: SimulatedErp },
  { environment, ...change }: PairOptions = {},
): Promise<Pair> {
  const sides = {
    crm: { system: crm.system, settings: crm.simulator.settings },
    erp: { system: erp.system, settings: erp.simulator.settings },
  }
  const folder = await openProjectFolder(sides, change, environment)
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

/** The pair that most tests work with: HubSpot and Odoo, with what people can do there in the systems' own words. */
export interface Rig extends Pair {
  readonly hubspot: Awaited<ReturnType<typeof startHubspotSimulator>>
  readonly odoo: Awaited<ReturnType<typeof startOdooSimulator>>
}
interface RigOptions extends PairOptions {
  readonly simulators?: {
    readonly hubspot?: Parameters<typeof startHubspotSimulator>[0]
    readonly odoo?: Parameters<typeof startOdooSimulator>[0]
  }
}

export async function openRig({ simulators, ...options }: RigOptions = {}): Promise<Rig> {
  const hubspot = await startHubspotSimulator(simulators?.hubspot)
  const odoo = await startOdooSimulator(simulators?.odoo)
  const pair = await openPair({ system: 'hubspot', simulator: hubspot }, { system: 'odoo', simulator: odoo }, options)
  return { ...pair, hubspot, odoo }
}
