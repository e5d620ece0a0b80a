import type { Connector } from '../../src/ports/connector.ts'
import { onlyListed } from '../kit/listed.ts'
import { shared } from '../kit/once.ts'
import { openChanges } from './changes.ts'
import { checkAccess } from './check.ts'
import { openChoices } from './choices.ts'
import { type AccountDetails, openClient } from './client.ts'
import { openEcho } from './echo.ts'
import { openFinding } from './find.ts'
import { openReading, pageOf } from './read.ts'
import { openDefinitions } from './schema.ts'
import { settings as schema } from './settings.ts'
import { setUp } from './setup.ts'
import { steps } from './steps.ts'
import { openReceiver } from './webhook.ts'
import { openWins } from './won.ts'
import { openWriting, writes } from './write.ts'

export const hubspot: Connector = {
  name: 'hubspot',
  title: 'HubSpot',
  role: 'crm',
  settings: schema,
  steps,
  open(given, deps) {
    const settings = schema.parse(given)
    const client = openClient(settings, deps)
    const definitions = openDefinitions(client)
    let portalId = settings.portalId ?? null
    const account = async (): Promise<AccountDetails> => {
      const details = await client.account()
      portalId ??= details.portalId
      return details
    }
    // One question for all records that are waiting for the answer.
    const askAccount = shared(account)
    const recordUrl = async (object: string, id: string): Promise<string> => {
      if (portalId === null) await askAccount()
      return pageOf(settings.portalUrl, portalId ?? '', object, id)
    }
    const echo = openEcho()
    const reading = openReading(client, definitions, echo, openWins(client, definitions), recordUrl, deps.clock)
    return {
      check: async () => checkAccess(settings, client, definitions, await account(), deps.clock.now()),
      describe: (object) => definitions.schema(object),
      changes: openChanges(settings, { ...deps, client, definitions, reading, echo }),
      read: reading.read,
      find: openFinding(client, definitions),
      write: onlyListed('HubSpot', writes, openWriting(client, definitions, echo)),
      writes,
      choices: openChoices(client, definitions),
      setup: () => setUp(client, definitions),
      receive: openReceiver(settings, deps.clock, { isShown: echo.isShown }),
      listen: null,
      // Keys are rotated by a person in HubSpot, which offers no call for it; access tokens renew themselves.
      rotate: null,
    }
  },
}
