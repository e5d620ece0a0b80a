import type { AccountChoice } from '../../src/ports/connector.ts'
import { choicesOf } from '../kit/choices.ts'
import type { Client } from './client.ts'
import type { Metadata } from './metadata.ts'

/** What an account may have several of. */
export function openChoices(client: Client, metadata: Metadata): () => Promise<readonly AccountChoice[]> {
  const named = async (statement: string) =>
    (await client.queryAll(statement, [])).map((row) => ({ value: String(row.id), label: String(row.name) }))
  return () =>
    choicesOf([
      async () =>
        (await metadata.features()).oneWorld
          ? {
              subject: 'Subsidiaries',
              options: await named("SELECT id, name FROM subsidiary WHERE isinactive = 'F' ORDER BY id"),
              decides: { setting: 'subsidiary', several: false },
              otherwise: 'a new customer gets the only one there is, else the mapping has to name it',
            }
          : null,
      async () => ({
        subject: 'Locations',
        options: await named("SELECT id, name FROM location WHERE isinactive = 'F' ORDER BY id"),
        decides: { setting: 'location', several: false },
        otherwise: 'new orders have no location, unless the mapping names one',
      }),
      async () => ({
        subject: 'Currencies',
        options: await named('SELECT id, symbol AS name FROM currency ORDER BY id'),
        decides: null,
        otherwise: '',
      }),
    ])
}
