import { parseArgs } from 'node:util'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import { scriptsOf } from './pairs.ts'
import type { Pair } from './target.ts'

export interface Options {
  readonly pair: Pair
  readonly deals: number
  readonly latenciesMs: readonly number[]
  readonly memory: boolean
  readonly odoo: boolean
  readonly lists: boolean
  readonly json: boolean
}

const crms = Object.keys(simulatedCrms)
const erps = Object.keys(simulatedErps)

export const help = `node test/bench/run.ts [--crm NAME] [--erp NAME] [--deals N] [--latency 0,20,100] [--memory] [--odoo] [--lists] [--json]
  --crm NAME     ${crms.join(' or ')} (hubspot)
  --erp NAME     ${erps.join(' or ')} (odoo)
  --deals N      deals a measurement (1000)
  --latency L    what each answer of the simulators takes, in ms, several with commas (0,20,100)
  --memory       only this: peak memory with 1,000 and with 100,000 deals
  --odoo         only this: against a real Odoo, named by ODOO_URL, ODOO_DB, ODOO_USERNAME, ODOO_PASSWORD
  --lists        only this: the lists of the REST API, on a ledger of 100,000 orders
  --json         numbers in place of tables
`

/** @throws Error for an unknown option, a value that is none, and a pair that cannot be measured */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      crm: { type: 'string', default: 'hubspot' },
      erp: { type: 'string', default: 'odoo' },
      deals: { type: 'string', default: '1000' },
      latency: { type: 'string', default: '0,20,100' },
      memory: { type: 'boolean', default: false },
      odoo: { type: 'boolean', default: false },
      lists: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const { memory, odoo, lists, json } = values
  const pair = { crm: oneOf('--crm', values.crm, crms), erp: oneOf('--erp', values.erp, erps) }
  if (odoo && pair.erp !== 'odoo') throw new Error(`--odoo measures a real Odoo, so that --erp cannot be ${pair.erp}`)
  if (!odoo && !memory && !lists) scriptsOf(pair)
  return {
    pair,
    deals: count('--deals', values.deals, 1),
    latenciesMs: values.latency.split(',').map((text) => count('--latency', text, 0)),
    ...{ memory, odoo, lists, json },
  }
}

function count(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`${name}: "${text}" is no whole number from ${least} on`)
}

function oneOf(name: string, text: string, known: readonly string[]): string {
  if (known.includes(text)) return text
  throw new Error(`${name}: there is no simulated "${text}"; there are ${known.join(' and ')}`)
}
