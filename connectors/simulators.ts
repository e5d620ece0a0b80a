import type { Simulator } from '../src/simulator/server.ts'
import { startHubspotSimulator } from './hubspot/simulator.ts'
import { startOdooSimulator } from './odoo/simulator.ts'

/** Every system that can be simulated; one line each. */
export const simulators: Readonly<Record<string, (options: { port: number }) => Promise<Simulator>>> = {
  hubspot: startHubspotSimulator,
  odoo: startOdooSimulator,
}
