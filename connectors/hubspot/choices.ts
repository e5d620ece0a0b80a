import type { AccountChoice } from '../../src/ports/connector.ts'
import { choicesOf } from '../kit/choices.ts'
import type { Client } from './client.ts'
import { type Definitions, optionsOf } from './schema.ts'

/** What an account may have several of. */
export function openChoices(client: Client, definitions: Definitions): () => Promise<readonly AccountChoice[]> {
  const pipelines = () => client.pipelines('deals')
  return () =>
    choicesOf([
      async () => ({
        subject: 'Pipelines',
        options: (await pipelines()).map(({ id, label, stages }) => ({
          value: id,
          label,
          hint: `won: ${wonOf(stages) || 'no stage'}`,
        })),
        decides: { where: 'properties.pipeline' },
        otherwise: 'won deals of all pipelines get orders',
      }),
      async () => {
        const all = await pipelines()
        return {
          subject: 'Stages that count as won',
          options: all.flatMap((pipeline) =>
            pipeline.stages
              .filter(({ won }) => won)
              .map(({ id, label }) => ({ value: id, label, ...(all.length > 1 ? { hint: pipeline.label } : {}) })),
          ),
          decides: { where: 'properties.dealstage' },
          otherwise: 'all of them count as won',
        }
      },
      async () => {
        const property = (await definitions.properties('deals')).get('deal_currency_code')
        const codes = property === undefined ? null : optionsOf(property)
        return {
          subject: 'Currencies of deals',
          options: (codes ?? []).map((code) => ({ value: code, label: code })),
          decides: null,
          otherwise: '',
        }
      },
    ])
}

const wonOf = (stages: readonly { label: string; won: boolean }[]): string =>
  stages
    .filter(({ won }) => won)
    .map(({ label }) => label)
    .join(', ')
