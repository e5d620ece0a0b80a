import type { Connector } from '../../src/ports/connector.ts'
import { onlyListed } from '../kit/listed.ts'
import { openChanges } from './changes.ts'
import { checkAccess } from './check.ts'
import { openChoices } from './choices.ts'
import { openClient } from './client.ts'
import { openFinding } from './find.ts'
import { writes } from './objects.ts'
import { openReading } from './read.ts'
import { openDefinitions } from './schema.ts'
import { settings as schema } from './settings.ts'
import { setUp } from './setup.ts'
import { steps } from './steps.ts'
import { openStream } from './stream.ts'
import { openReceiver } from './webhook.ts'
import { openWriting } from './write.ts'

export const salesforce: Connector = {
  name: 'salesforce',
  title: 'Salesforce',
  role: 'crm',
  settings: schema,
  steps,
  open(given, deps) {
    const settings = schema.parse(given)
    const client = openClient(settings, deps)
    const definitions = openDefinitions(client)
    return {
      check: () => checkAccess(settings, client, definitions),
      describe: (object) => definitions.schema(object),
      changes: openChanges(settings, { ...deps, client, definitions }),
      read: openReading(client, definitions, settings.url),
      find: openFinding(client, definitions),
      write: onlyListed('Salesforce', writes, openWriting(client, definitions, settings, deps.clock)),
      writes,
      choices: openChoices(client),
      setup: () => setUp(client, definitions),
      receive: openReceiver(settings.organizationId ?? null),
      listen: settings.events.length === 0 ? null : openStream(settings, { ...deps, client }),
      // Secrets of an External Client App are rotated by a person in Salesforce; access tokens renew themselves.
      rotate: null,
    }
  },
}
