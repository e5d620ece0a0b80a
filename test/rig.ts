import { startHubspotSimulator } from '../connectors/hubspot/simulator.ts'
import { startOdooSimulator } from '../connectors/odoo/simulator.ts'
import { type ConfigChange, openProjectFolder, type ProjectFolder } from './project-folder.ts'

/** A project between a simulated HubSpot and a simulated Odoo. */
export interface Rig extends ProjectFolder {
  readonly hubspot: Awaited<ReturnType<typeof startHubspotSimulator>>
  readonly odoo: Awaited<ReturnType<typeof startOdooSimulator>>
  close(): Promise<void>
}

export interface RigOptions extends ConfigChange {
  readonly simulators?: {
    readonly hubspot?: Parameters<typeof startHubspotSimulator>[0]
    readonly odoo?: Parameters<typeof startOdooSimulator>[0]
  }
  readonly environment?: Readonly<Record<string, string>>
}

export async function openRig({ simulators, environment, ...change }: RigOptions = {}): Promise<Rig> {
  const hubspot = await startHubspotSimulator(simulators?.hubspot)
  const odoo = await startOdooSimulator(simulators?.odoo)
  const login = { url: odoo.url, database: 'demo', username: 'admin', password: 'admin' }
  const folder = await openProjectFolder({ hubspot, odoo: login }, change, environment)
  return {
    ...folder,
    hubspot,
    odoo,
    async close() {
      await hubspot.close()
      await odoo.close()
      await folder.remove()
    },
  }
}
