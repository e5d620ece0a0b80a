import type { Connector } from '../../src/ports/connector.ts'
import { onlyListed } from '../kit/listed.ts'
import { openRotation } from './auth.ts'
import { openChanges } from './changes.ts'
import { checkAccess } from './check.ts'
import { openChoices } from './choices.ts'
import { openClient } from './client.ts'
import { openFinding } from './find.ts'
import { openPrices } from './prices.ts'
import { openReading } from './read.ts'
import { openRecent } from './recent.ts'
import { openModels } from './schema.ts'
import { settings as schema } from './settings.ts'
import { steps } from './steps.ts'
import { openUnits } from './units.ts'
import { openReceiver } from './webhook.ts'
import { openWriting } from './write.ts'
import { writes } from './writes.ts'

export const odoo: Connector = {
  name: 'odoo',
  title: 'Odoo',
  role: 'erp',
  settings: schema,
  steps,
  open(given, deps) {
    const settings = schema.parse(given)
    const { clock } = deps
    const client = openClient(settings, deps)
    const models = openModels(client)
    const recent = openRecent(clock, () => client.serverTime())
    const units = openUnits(client, models, clock)
    const prices = openPrices(client, models, settings, clock)
    const reading = openReading({ client, models, units, recent, prices, baseUrl: settings.url })
    const keys = openRotation(client, settings, deps.name, clock)
    return {
      check: () => checkAccess(settings, { client, models, prices, keys, clock }),
      describe: models.describe,
      changes: openChanges({ client, models, reading, recent, clock }),
      read: reading.read,
      find: openFinding(client, models, recent, settings),
      write: onlyListed('Odoo', writes, openWriting(client, models, units, recent, settings, clock)),
      writes,
      choices: openChoices(client, models),
      // Everything that is needed is in a standard Odoo: External IDs carry our keys.
      setup: null,
      receive: openReceiver(clock),
      listen: null,
      rotate: keys,
    }
  },
}
