import { contestants } from './contestant.ts'
import { measureLists } from './lists.ts'
import { type Measurement, measure } from './measure.ts'
import { help, type Options, parseOptions } from './options.ts'
import { scriptsOf } from './pairs.ts'
import { measureRealOdoo, realOdoo } from './real-odoo.ts'
import * as report from './report.ts'
import { measureWebhookDelay, type WebhookDelay } from './webhook-delay.ts'

// The loop takes as long for each deal as for the last one, so that a hundred tell its speed.
const loopDealsMax = 100
const manyDeals = 100_000

const out = (text: string) => void process.stdout.write(text)
const note = (text: string) => void process.stderr.write(`${text} …\n`)

async function throughput(options: Options): Promise<void> {
  const measured: Measurement[] = []
  const delays: WebhookDelay[] = []
  for (const latencyMs of options.latenciesMs) {
    for (const contestant of contestants) {
      if (contestant === 'careful' && scriptsOf(options.pair).careful === undefined) continue
      note(`${contestant} at ${latencyMs} ms`)
      const deals = contestant === 'sequential' ? Math.min(options.deals, loopDealsMax) : options.deals
      measured.push(await measure(options.pair, contestant, latencyMs, deals))
    }
    note(`webhooks at ${latencyMs} ms`)
    delays.push(await measureWebhookDelay(options.pair, latencyMs))
  }
  const goals = report.throughputGoals(options.pair, measured)
  if (options.json) return out(`${JSON.stringify({ pair: options.pair, measured, delays, goals }, null, 2)}\n`)
  out(`${report.scene(options.pair, options.deals)}\n\n${report.throughputTable(options.pair, measured)}\n`)
  out(
    `From a deal won to its order confirmed, by webhook:\n\n${report.webhookTable(delays)}\n${report.goalTable(goals)}`,
  )
}

async function memory(options: Options): Promise<void> {
  const measured: Measurement[] = []
  for (const deals of [options.deals, manyDeals]) {
    note(`${deals} deals`)
    measured.push(await measure(options.pair, 'crosswalk', 0, deals, 'delivered'))
  }
  const goals = report.memoryGoals(measured)
  if (options.json) return out(`${JSON.stringify({ measured, goals }, null, 2)}\n`)
  out(`${report.memoryTable(measured)}\n${report.goalTable(goals)}`)
}

async function lists(options: Options): Promise<void> {
  const measured = await measureLists()
  out(options.json ? `${JSON.stringify({ measured }, null, 2)}\n` : report.listTable(measured))
}

async function real(options: Options): Promise<void> {
  const rounds = await measureRealOdoo(options.pair, realOdoo(process.env))
  const goals = report.realGoals(rounds)
  if (options.json) return out(`${JSON.stringify({ rounds, goals }, null, 2)}\n`)
  out(`${report.realTable(rounds)}\n${report.goalTable(goals)}`)
}

/** Null when what was asked for cannot be measured. */
function understood(): Options | 'help' | null {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
    return null
  }
}

const options = understood()
if (options === 'help') out(help)
else if (options !== null) {
  if (!options.json) out(`${report.machine()}\n\n`)
  if (options.odoo) await real(options)
  else if (options.lists) await lists(options)
  else if (options.memory) await memory(options)
  else await throughput(options)
}
