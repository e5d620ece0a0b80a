import type { Connection, Connector } from '../../src/ports/connector.ts'
import { onlyListed } from '../kit/listed.ts'
import { openChanges } from './changes.ts'
import { checkAccess } from './check.ts'
import { openClient } from './client.ts'
import { openFinding } from './find.ts'
import { openReading } from './read.ts'
import { openSchemas } from './schema.ts'
import { settings as schema } from './settings.ts'
import { steps } from './steps.ts'
import { openWriting } from './write.ts'

const writes: Connection['writes'] = {
  orders: {
    ...{ create: true, key: 'unique', acts: ['update', 'confirm', 'cancel'] },
    lineFields: { product: 'product', quantity: 'quantity', price: 'price', discount: 'discount' },
  },
  customers: { create: true, key: 'unique', acts: ['update'] },
}

export const example: Connector = {
  name: 'example',
  title: 'Example ERP',
  role: 'erp',
  settings: schema,
  steps,
  open(given, deps) {
    const settings = schema.parse(given)
    const client = openClient(settings, deps)
    return {
      check: () => checkAccess(client),
      describe: openSchemas(client),
      changes: openChanges(client),
      read: openReading(client),
      find: openFinding(client),
      write: onlyListed('The ERP', writes, openWriting(client)),
      writes,
      // The ERP has one of everything.
      choices: async () => [],
      // Records carry our key in the ERP itself, so there is nothing to create beforehand.
      setup: null,
      // The ERP sends neither webhooks nor events, and its secrets do not expire.
      receive: null,
      listen: null,
      rotate: null,
    }
  },
}
