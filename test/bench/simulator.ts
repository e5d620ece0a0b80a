import { simulators } from '../../connectors/simulators.ts'
import type { Simulator } from '../../src/simulator/server.ts'
import { serve } from './children.ts'

const started: Simulator[] = []

serve(
  {
    start: async ({ system }: { system: string }) => {
      const start = simulators[system]
      if (start === undefined) throw new Error(`there is no simulator of "${system}"`)
      const simulator = await start({ port: 0 })
      started.push(simulator)
      return simulator.url
    },
  },
  async () => {
    for (const simulator of started) await simulator.close()
  },
)
