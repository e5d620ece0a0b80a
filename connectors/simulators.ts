import type { SimulatedCrm, SimulatedErp, SimulatedSystem } from '../src/simulator/world.ts'
import { startExampleSimulator } from './example/simulator/index.ts'
import { startHubspotSimulator } from './hubspot/simulator/index.ts'
import { startNetsuiteSimulator } from './netsuite/simulator/index.ts'
import { startOdooSimulator } from './odoo/simulator/index.ts'
import { startSalesforceSimulator } from './salesforce/simulator/index.ts'

interface Options {
  /** 0 takes any free port. */
  readonly port?: number
  readonly latencyMs?: number
  /** Epoch milliseconds; the real time when not given. */
  readonly now?: () => number
  /** Of the company. */
  readonly currency?: string
  /** Further ones that deals and orders may be in. */
  readonly currencies?: readonly string[]
}
type Start<System> = (options?: Options) => Promise<System>

/** Every CRM that can be simulated; one line each. */
export const simulatedCrms: Readonly<Record<string, Start<SimulatedCrm>>> = {
  hubspot: startHubspotSimulator,
  salesforce: startSalesforceSimulator,
}

/** Every ERP that can be simulated; one line each. */
export const simulatedErps: Readonly<Record<string, Start<SimulatedErp>>> = {
  netsuite: startNetsuiteSimulator,
  odoo: startOdooSimulator,
}

/** Of the systems that are there to be copied. */
export const simulatedExamples: Readonly<Record<string, Start<SimulatedErp>>> = { example: startExampleSimulator }

export const simulators: Readonly<Record<string, Start<SimulatedSystem>>> = {
  ...simulatedCrms,
  ...simulatedErps,
  ...simulatedExamples,
}
