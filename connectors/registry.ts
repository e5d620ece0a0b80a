import type { Connector } from '../src/ports/connector.ts'
import { example } from './example/index.ts'
import { hubspot } from './hubspot/index.ts'
import { netsuite } from './netsuite/index.ts'
import { odoo } from './odoo/index.ts'
import { salesforce } from './salesforce/index.ts'

/** Every system that Crosswalk knows, one line each; the first of each role is shown when nobody says which. */
export const registry: readonly Connector[] = [hubspot, salesforce, odoo, netsuite]

/** To be copied: they work like the others, and are offered to nobody. */
export const examples: readonly Connector[] = [example]

/** By its name, examples included. */
export const connectorOf = (system: string): Connector | undefined =>
  [...registry, ...examples].find(({ name }) => name === system)
