import { afterEach, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { startNetsuiteSimulator } from '../../connectors/netsuite/simulator/index.ts'
import { systemClock } from '../../src/main/clock.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'

/* How many calls a system takes at once, and that all processes together keep to it. */

let pair: Pair
let projects: readonly OpenProject[] = []
afterEach(async () => {
  for (const project of projects) await project.close()
  await pair.close()
})

/** Nobody waits for seconds. */
const clock: Clock = { now: systemClock.now, sleep: (ms, signal) => systemClock.sleep(ms / 50, signal) }

/** Several processes before an account that serves so many calls at once. */
async function begin(processes: number, account: number, concurrency: number): Promise<void> {
  pair = await openPair(
    { system: 'hubspot', simulator: await startHubspotSimulator() },
    { system: 'netsuite', simulator: await startNetsuiteSimulator({ concurrency: account, latencyMs: 5 }) },
    { erp: { concurrency }, clock },
  )
  const opened: OpenProject[] = []
  projects = opened
  for (let place = 0; place < processes; place += 1) opened.push(await pair.open())
}

/** Has each process make calls of the ERP, many at a time. */
const work = (calls: number) =>
  Promise.all(
    projects.flatMap(({ projects: { current } }) =>
      Array.from({ length: calls }, () =>
        current()
          .endpoint('netsuite')
          .use((connection) => connection.read('salesOrder', ['1'], ['id'])),
      ),
    ),
  )

/** Calls that the account refused, as there were too many at once, of all that were made. */
async function refused(): Promise<readonly [number, number]> {
  let [of, all] = [0, 0]
  for (const { metrics } of projects) {
    for (const [, status = '', count] of (await metrics.text()).matchAll(
      /^crosswalk_calls_total\{connection="netsuite",method="\w+",status="(\d+)"\} (\d+)$/gm,
    )) {
      all += Number(count)
      if (status === '429') of += Number(count)
    }
  }
  return [of, all]
}
const parallelOf = async () =>
  (await projects[0]?.crosswalk.status())?.connections.find(({ connection }) => connection === 'netsuite')?.parallel

test('several processes together keep to what the account serves, and none is refused', async () => {
  await begin(3, 2, 2)
  await work(12)
  const [of, all] = await refused()
  expect(all).toBeGreaterThan(36)
  expect(of).toBe(0)
  expect(await parallelOf()).toMatchObject({ calls: 2, most: 2 })
}, 60_000)

test('what an account refuses is learnt by all processes, and everything is answered in the end', async () => {
  await begin(2, 3, 20)
  await work(150)
  const [of, all] = await refused()
  expect(all).toBeGreaterThan(300)
  // It grew from two until the account refused, and then now and then tried one more.
  expect(of).toBeGreaterThan(0)
  expect(of).toBeLessThan(all / 10)
  expect((await parallelOf())?.calls).toBeLessThanOrEqual(4)
}, 60_000)
