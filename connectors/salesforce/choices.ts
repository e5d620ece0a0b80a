import type { AccountChoice } from '../../src/ports/connector.ts'
import { choicesOf } from '../kit/choices.ts'
import type { Client, Row } from './client.ts'

/** What an org may have several of. */
export function openChoices(client: Client): () => Promise<readonly AccountChoice[]> {
  const text = (row: Row, name: string): string => String(row[name] ?? '')
  const rows = async (soql: string): Promise<readonly Row[]> => (await client.query(soql)).rows
  return () =>
    choicesOf([
      async () => ({
        subject: 'Record types of opportunities',
        options: (
          await rows(
            "SELECT DeveloperName, Name FROM RecordType WHERE SobjectType = 'Opportunity' AND IsActive = TRUE ORDER BY Name",
          )
        ).map((row) => ({ value: text(row, 'DeveloperName'), label: text(row, 'Name') })),
        decides: { where: 'RecordType.DeveloperName' },
        otherwise: 'won opportunities of all record types get orders',
      }),
      async () => ({
        subject: 'Stages that count as won',
        options: (
          await rows(
            'SELECT ApiName, MasterLabel FROM OpportunityStage WHERE IsWon = TRUE AND IsActive = TRUE ORDER BY MasterLabel',
          )
        ).map((row) => ({ value: text(row, 'ApiName'), label: text(row, 'MasterLabel') })),
        decides: { where: 'StageName' },
        otherwise: 'all of them count as won',
      }),
      async () => ({
        subject: 'Currencies of opportunities',
        options: (await rows('SELECT IsoCode FROM CurrencyType WHERE IsActive = TRUE ORDER BY IsoCode')).map((row) => ({
          value: text(row, 'IsoCode'),
          label: text(row, 'IsoCode'),
        })),
        decides: null,
        otherwise: '',
      }),
    ])
}
