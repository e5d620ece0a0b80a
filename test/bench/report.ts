import { cpus, loadavg } from 'node:os'
import { registry } from '../../connectors/registry.ts'
import type { ListTime } from './lists.ts'
import type { Measurement } from './measure.ts'
import { type Round, realDeals } from './real-odoo.ts'
import type { Pair } from './target.ts'
import { companyCount, linesPerDeal, productCount } from './trade.ts'
import type { WebhookDelay } from './webhook-delay.ts'

/** A goal of the design, judged by one run. */
export interface Goal {
  readonly goal: string
  readonly measured: string
  readonly met: boolean
}

export const machine = (): string => {
  const [first] = cpus()
  const load = loadavg()[0]?.toFixed(1)
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${first?.model}, load ${load} at the start`
}

const titleOf = (system: string): string => registry.find(({ name }) => name === system)?.title ?? system

export const scene = ({ crm, erp }: Pair, deals: number): string =>
  `${deals} deals × ${linesPerDeal} lines, ${productCount} products, ${companyCount} companies; ${titleOf(crm)} and ${titleOf(erp)}, both simulated, without limits`

const names = {
  sequential: 'hand-written loop',
  batched: 'batched script',
  careful: 'batched script that looks before it confirms',
  crosswalk: 'Crosswalk',
} as const

/** Figures of one row, an order each where that makes sense. */
interface Figures {
  readonly ordersPerSecond: number
  readonly crmCalls: number
  readonly erpCalls: number
  readonly cpuMs: number
}
const figuresOf = ({ deals, ms, calls, cpuMs, postgresCpuMs }: Measurement): Figures => ({
  ordersPerSecond: (deals / ms) * 1000,
  crmCalls: calls.crm / deals,
  erpCalls: calls.erp / deals,
  cpuMs: (cpuMs + postgresCpuMs) / deals,
})
function withEcho(one: Measurement): Figures {
  const { echo, deals, ms, calls, cpuMs, postgresCpuMs } = one
  if (echo === null) return figuresOf(one)
  return {
    ordersPerSecond: (deals / (ms + echo.ms)) * 1000,
    crmCalls: (calls.crm + echo.calls.crm) / deals,
    erpCalls: (calls.erp + echo.calls.erp) / deals,
    cpuMs: (cpuMs + postgresCpuMs + echo.cpuMs) / deals,
  }
}
const callsOf = (figures: Figures): number => figures.crmCalls + figures.erpCalls

export function throughputTable({ crm, erp }: Pair, all: readonly Measurement[]): string {
  const rows = all.flatMap((one) => {
    const base = all.find((other) => other.latencyMs === one.latencyMs && other.contestant === 'batched')
    const limit = base === undefined ? null : figuresOf(base)
    const row = (name: string, figures: Figures, memory: readonly string[]) => [
      `${one.latencyMs} ms`,
      name,
      figures.ordersPerSecond.toFixed(1),
      limit === null ? '' : (figures.ordersPerSecond / limit.ordersPerSecond).toFixed(3),
      figures.crmCalls.toFixed(3),
      figures.erpCalls.toFixed(3),
      limit === null ? '' : (callsOf(figures) / callsOf(limit)).toFixed(2),
      figures.cpuMs.toFixed(2),
      ...memory,
    ]
    const postgres = one.contestant === 'crosswalk' ? one.postgresMemoryMb.toFixed(0) : ''
    const name = names[one.contestant]
    return [
      row(one.contestant === 'sequential' ? `${name} (${one.deals} deals)` : name, figuresOf(one), [
        one.memoryMb.toFixed(0),
        postgres,
      ]),
      ...(one.echo === null ? [] : [row(`${name}, its echo included`, withEcho(one), ['', ''])]),
    ]
  })
  const calls = [`${titleOf(crm)} calls/order`, `${titleOf(erp)} calls/order`, 'calls × batched']
  const head = ['latency', '', 'orders/s', '× batched', ...calls, 'CPU ms/order', 'MB', 'PostgreSQL MB']
  return table([head, ...rows])
}

export const webhookTable = (all: readonly WebhookDelay[]): string =>
  table([
    ['latency', 'deals', 'median ms', 'p99 ms'],
    ...all.map((one) => [`${one.latencyMs} ms`, `${one.deals}`, one.medianMs.toFixed(0), one.p99Ms.toFixed(0)]),
  ])

export function throughputGoals({ crm, erp }: Pair, all: readonly Measurement[]): readonly Goal[] {
  return all.flatMap((own) => {
    const base = all.find((other) => other.latencyMs === own.latencyMs && other.contestant === 'batched')
    if (own.contestant !== 'crosswalk' || base === undefined) return []
    const limit = figuresOf(base)
    const calls = callsOf(withEcho(own)) / callsOf(limit)
    const speed = figuresOf(own).ordersPerSecond / limit.ordersPerSecond
    const least = own.latencyMs >= 100 ? 0.7 : own.latencyMs >= 20 ? 0.4 : null
    const at = `at ${own.latencyMs} ms`
    const idle = own.idle === null ? '' : `${own.idle.crm} ${titleOf(crm)}, ${own.idle.erp} ${titleOf(erp)}`
    return [
      { goal: `API calls ≤ 1.2 × batched script ${at}, echo included`, measured: calls.toFixed(2), met: calls <= 1.2 },
      ...(least === null
        ? []
        : [{ goal: `orders/s ≥ ${least} × batched script ${at}`, measured: speed.toFixed(2), met: speed >= least }]),
      {
        goal: `idle poll: one call a source ${at}`,
        measured: idle,
        met: own.idle?.crm === 1 && own.idle.erp === 1,
      },
    ]
  })
}

export const memoryTable = (all: readonly Measurement[]): string =>
  table([
    ['deals', 'orders/s', 'Crosswalk MB', 'PostgreSQL MB'],
    ...all.map((one) => [
      ...[
        `${one.deals}`,
        figuresOf(one).ordersPerSecond.toFixed(1),
        one.memoryMb.toFixed(0),
        one.postgresMemoryMb.toFixed(0),
      ],
    ]),
  ])

export function memoryGoals(all: readonly Measurement[]): readonly Goal[] {
  const [few, many] = all
  if (few === undefined || many === undefined) return []
  const growth = many.memoryMb / few.memoryMb
  return [
    {
      goal: `memory flat from ${few.deals} to ${many.deals} deals (≤ 1.25 ×)`,
      measured: `${growth.toFixed(2)} ×`,
      met: growth <= 1.25,
    },
    { goal: 'memory under 400 MB', measured: `${many.memoryMb.toFixed(0)} MB`, met: many.memoryMb < 400 },
  ]
}

const perSecond = (ms: number): string => ((realDeals / ms) * 1000).toFixed(2)

export const realTable = (rounds: readonly Round[]): string =>
  table([
    ['round', 'script orders/s', 'Crosswalk orders/s', 'ratio', 'write-back s'],
    ...rounds.map(({ scriptMs, crosswalkMs, writeBackMs }, n) => [
      ...[`${n + 1}`, perSecond(scriptMs), perSecond(crosswalkMs), (scriptMs / crosswalkMs).toFixed(2)],
      (writeBackMs / 1000).toFixed(1),
    ]),
  ])

export function realGoals(rounds: readonly Round[]): readonly Goal[] {
  const ratios = rounds.map(({ scriptMs, crosswalkMs }) => scriptMs / crosswalkMs).sort((a, b) => a - b)
  const median = ratios[Math.floor(ratios.length / 2)] ?? 0
  return [{ goal: 'real Odoo: ≥ 0.9 × bare script, median', measured: median.toFixed(2), met: median >= 0.9 }]
}

export const listTable = (measured: readonly ListTime[]): string =>
  table([
    ['route', 'median ms', 'p95 ms', 'p95 by that of the SELECT'],
    ...measured.map(({ route, medianMs, p95Ms, ratio }) => [
      ...[route, medianMs.toFixed(1), p95Ms.toFixed(1), ratio.toFixed(0)],
    ]),
  ])

export const goalTable = (goals: readonly Goal[]): string =>
  table([['goal', 'measured', ''], ...goals.map(({ goal, measured, met }) => [goal, measured, met ? 'met' : 'MISSED'])])

/** A Markdown table, aligned for reading as it is. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |\n`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join('')
}
