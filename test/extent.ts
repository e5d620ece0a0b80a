import { simulatedCrms, simulatedErps } from '../connectors/simulators.ts'

/*
 * How much the tests do: what follows from the list of systems, and what the environment may ask for. A new system adds
 * no test file.
 */

export interface PairNames {
  readonly crm: string
  readonly erp: string
}

/** Imaginary systems that show how a connector is made: they do the main job, and meet faults only where all pairs do. */
const examples: readonly string[] = ['example']

/** Every CRM with every ERP. */
export const allPairs: readonly PairNames[] = Object.keys(simulatedCrms).flatMap((crm) =>
  Object.keys(simulatedErps).map((erp) => ({ crm, erp })),
)

/** As few pairs as it takes to bring every system into one. */
export function coveringPairs(crms: readonly string[], erps: readonly string[]): readonly PairNames[] {
  return Array.from({ length: Math.max(crms.length, erps.length) }, (_one, index) => ({
    crm: crms[index % crms.length] ?? '',
    erp: erps[index % erps.length] ?? '',
  }))
}

const real = (systems: Readonly<Record<string, unknown>>) =>
  Object.keys(systems).filter((system) => !examples.includes(system))
/** The pairs that faults strike: each system in one of them at least, and all of them for `npm run test:all`. */
export const faultPairs =
  chosen('CROSSWALK_PAIRS', ['covering', 'all']) === 'all'
    ? allPairs
    : coveringPairs(real(simulatedCrms), real(simulatedErps))

/** What every random choice of the tests comes from: the same seed makes the same choices. */
export const seed = wholeNumber('CROSSWALK_SEED', 20_261_127)

/** One of two halves, for two files that run side by side. */
export const half = <T>(list: readonly T[], which: 'first' | 'second'): readonly T[] =>
  list.filter((_one, index) => index % 2 === (which === 'first' ? 0 : 1))

/** The first is what counts when nothing is set. */
function chosen<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
  const given = process.env[name]
  if (given === undefined || given === '') return choices[0]
  const found = choices.find((choice) => choice === given)
  if (found === undefined) throw new Error(`${name} is "${given}"; known: ${choices.join(', ')}`)
  return found
}

function wholeNumber(name: string, otherwise: number): number {
  const given = process.env[name]
  if (given === undefined || given === '') return otherwise
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new Error(`${name} is "${given}"; a whole number from 1 on is wanted`)
  return Number(given)
}
