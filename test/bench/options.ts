import { parseArgs } from 'node:util'

export interface Options {
  readonly deals: number
  readonly latenciesMs: readonly number[]
  readonly memory: boolean
  readonly odoo: boolean
  readonly json: boolean
}

export const help = `node test/bench/run.ts [--deals N] [--latency 0,20,100] [--memory] [--odoo] [--json]
  --deals N      deals a measurement (1000)
  --latency L    what each answer of the simulators takes, in ms, several with commas (0,20,100)
  --memory       only this: peak memory with 1,000 and with 100,000 deals
  --odoo         only this: against a real Odoo, named by ODOO_URL, ODOO_DB, ODOO_USERNAME, ODOO_PASSWORD
  --json         numbers in place of tables
`

/** @throws TypeError for an unknown option, Error for a value that is none */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      deals: { type: 'string', default: '1000' },
      latency: { type: 'string', default: '0,20,100' },
      memory: { type: 'boolean', default: false },
      odoo: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const { memory, odoo, json } = values
  return {
    deals: count('--deals', values.deals, 1),
    latenciesMs: values.latency.split(',').map((text) => count('--latency', text, 0)),
    ...{ memory, odoo, json },
  }
}

function count(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`${name}: "${text}" is no whole number from ${least} on`)
}
