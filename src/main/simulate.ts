import { stringify } from 'yaml'
import { connectorOf } from '../../connectors/registry.ts'
import { simulators } from '../../connectors/simulators.ts'
import type { CliDeps } from '../cli/deps.ts'
import { askedSettings } from '../cli/template.ts'
import { replaceFile, textOf, withVariables } from '../cli/variables.ts'
import { SyncError } from '../core/problem.ts'
import type { SimulatedCrm, SimulatedErp, SimulatedSystem } from '../simulator/world.ts'
import { untilAborted } from './clock.ts'
import { keepLively, openShop, stockUp } from './demo-deals.ts'

const isCrm = (system: SimulatedSystem): system is SimulatedCrm => 'crm' in system
const isErp = (system: SimulatedSystem): system is SimulatedErp => 'erp' in system

/** Serves simulated systems until the signal fires. A CRM and an ERP together are a company that sells something now and then. */
export async function simulate(
  systems: readonly string[],
  { port, env, signal }: Parameters<CliDeps['simulate']>[1],
  print: (text: string) => void,
): Promise<void> {
  const running: { readonly name: string; readonly simulator: SimulatedSystem }[] = []
  try {
    for (const [index, name] of systems.entries()) {
      const start = simulators[name]
      if (start === undefined) {
        throw new SyncError(`There is no simulator of "${name}"`, {
          problem: { kind: 'configuration_invalid', path: 'system' },
          fix: `Known: ${Object.keys(simulators).join(', ')}.`,
        })
      }
      running.push({ name, simulator: await start({ port: port === 0 ? 0 : port + index }) })
    }
    for (const { simulator } of running) print(`${simulator.url}\n`)
    // All that a connection needs: token, account and the like are made up, and good for these simulators alone.
    if (env === null) print(`\nFor config/crosswalk.yaml:\n\n${stringify({ connections: connectionsTo(running) })}`)
    else {
      await replaceFile(env, withVariables((await textOf(env)) ?? '', variablesOf(running)), 0o600)
      print(
        `\nWrote what connections need into ${env}. In another terminal, in the same folder: \`npx crosswalk init\`\n`,
      )
    }
    const crm = running.map(({ simulator }) => simulator).find(isCrm)
    const erp = running.map(({ simulator }) => simulator).find(isErp)
    if (crm !== undefined && erp !== undefined) {
      stockUp(erp.erp)
      const shop = openShop(crm.crm, erp.erp)
      for (let deal = 0; deal < 3; deal += 1) print(`${shop.win().text}\n`)
      print('Every 20 seconds one more deal is won. Ctrl-C ends it.\n')
      await keepLively(shop, erp.erp, signal)
    } else await untilAborted(signal)
  } finally {
    for (const { simulator } of running) await simulator.close()
  }
}

const connectionsTo = (running: readonly { name: string; simulator: SimulatedSystem }[]) =>
  Object.fromEntries(running.map(({ name, simulator }) => [name, { system: name, settings: simulator.settings }]))

/** By the names under which `init` looks for them. */
function variablesOf(running: readonly { name: string; simulator: SimulatedSystem }[]): ReadonlyMap<string, string> {
  return new Map(
    running.flatMap(({ name, simulator }) => {
      const connector = connectorOf(name)
      return (connector === undefined ? [] : askedSettings(connector)).flatMap((asked): [string, string][] => {
        const value = simulator.settings[asked.name]
        return typeof value === 'string' ? [[asked.variable, value]] : []
      })
    }),
  )
}
