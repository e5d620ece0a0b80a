import { serve } from './children.ts'
import type { Contestant, ContestantName } from './contestant.ts'
import { scriptsOf } from './pairs.ts'
import type { Pair, Target } from './target.ts'

/** What one pass cost this process. */
export interface Pass {
  readonly ms: number
  readonly cpuMs: number
  readonly counts: Readonly<Record<string, number>>
}

const pairOf = ({ crm, erp }: Target): Pair => ({ crm: crm.system, erp: erp.system })

// Loaded alone, as the scripts are.
async function open(name: ContestantName, target: Target): Promise<Contestant> {
  if (name === 'crosswalk') return (await import('./crosswalk.ts')).openMeasured(target)
  const script = scriptsOf(pairOf(target))[name]
  if (script === undefined) throw new Error(`there is no ${name} script of this pair`)
  return script(target)
}
let contestant: Contestant | null = null
const closing: (() => Promise<void>)[] = []

serve(
  {
    open: async ({ name, target }: { name: ContestantName; target: Target }) => {
      contestant = await open(name, target)
      closing.push(contestant.close)
      return { postgresPid: contestant.postgresPid }
    },
    serve: async ({ target }: { target: Target }) => {
      const { startMeasuredServer } = await import('./crosswalk.ts')
      const server = await startMeasuredServer(target)
      closing.push(server.close)
      return { hook: server.hook }
    },
    pass: async ({ syncs }: { syncs: readonly string[] }): Promise<Pass> => {
      const cpu = process.cpuUsage()
      const started = performance.now()
      const counts = (await contestant?.pass(syncs)) ?? {}
      const { user, system } = process.cpuUsage(cpu)
      return { ms: performance.now() - started, cpuMs: (user + system) / 1000, counts }
    },
    /** Highest so far, MB. */
    memory: async () => process.resourceUsage().maxRSS / 1024,
  },
  async () => {
    for (const close of closing) await close()
  },
)
