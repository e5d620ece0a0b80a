import type { Connector } from '../src/ports/connector.ts'
import { hubspot } from './hubspot/index.ts'
import { netsuite } from './netsuite/index.ts'
import { odoo } from './odoo/index.ts'
import { salesforce } from './salesforce/index.ts'

/** Every system that Crosswalk knows, one line each; the first of each role is shown when nobody says which. */
export const registry: readonly Connector[] = [hubspot, salesforce, odoo, netsuite]
