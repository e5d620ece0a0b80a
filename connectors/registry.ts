import type { Connector } from '../src/ports/connector.ts'
import { hubspot } from './hubspot/index.ts'
import { odoo } from './odoo/index.ts'

/** Every system that Crosswalk knows; one line each. */
export const registry: readonly Connector[] = [hubspot, odoo]
