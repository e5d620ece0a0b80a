import type { Connector } from '../../src/ports/connector.ts'
import { onlyListed } from '../kit/listed.ts'
import { openChanges } from './changes.ts'
import { checkAccess } from './check.ts'
import { openChoices } from './choices.ts'
import { openClient } from './client.ts'
import { openZone } from './clock.ts'
import { openFinding } from './find.ts'
import { openMetadata } from './metadata.ts'
import { openReading } from './read.ts'
import { typeOf, writes } from './schema.ts'
import { settings as schema } from './settings.ts'
import { steps } from './steps.ts'
import { openReceiver } from './webhook.ts'
import { openWriting } from './write.ts'

export const netsuite: Connector = {
  name: 'netsuite',
  title: 'NetSuite',
  role: 'erp',
  settings: schema,
  steps,
  open(given, deps) {
    const settings = schema.parse(given)
    const { clock } = deps
    const client = openClient(settings, deps)
    const metadata = openMetadata(client, settings)
    const zone = openZone(client, settings)
    const changes = openChanges(settings, { client, zone, clock })
    const read = openReading(client, metadata, zone, settings)
    const find = openFinding(client, metadata)
    const write = openWriting(client, metadata, settings)
    return {
      check: () => checkAccess(settings, { client, metadata, zone, clock }),
      describe: (object) => metadata.describe(typeOf(object)),
      changes: (watch, since) => changes({ ...watch, object: typeOf(watch.object) }, since),
      read: (object, ids, paths) => read(typeOf(object), ids, paths),
      find: (object, queries) => find(typeOf(object), queries),
      write: onlyListed('NetSuite', writes, (listed) =>
        write(listed.map((one) => ({ ...one, object: typeOf(one.object) }))),
      ),
      writes,
      choices: openChoices(client, metadata),
      // The one field that is needed is deployed with the SuiteCloud project in suitescript/: web services make none.
      setup: null,
      receive: openReceiver(settings, clock),
      listen: null,
      // Certificates are replaced by a person; the call for it is not documented well enough to lean on.
      rotate: null,
    }
  },
}
