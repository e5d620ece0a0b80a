import type { Topic } from '../ports/ledger/changes.ts'
import { mayAct } from './caller.ts'
import type { Role, Topic as Told } from './contract.ts'
import type { Asking, Handlers } from './handler.ts'
import type { ApiUses } from './use-cases.ts'

/** Then the browser asks anew, and who asks is looked at anew. */
const streamMsMost = 10 * 60_000

/** Who is told. */
const needs: Readonly<Record<Told, Role>> = {
  deals: 'viewer',
  problems: 'viewer',
  runs: 'viewer',
  status: 'viewer',
  project: 'viewer',
  audit: 'admin',
  accounts: 'admin',
}

export function liveHandler({ live }: Pick<ApiUses, 'live'>, asking: Asking): Pick<Handlers, 'events'> {
  const { caller, gone } = asking
  const endsAt = caller.session?.endsAt
  const leftMs = endsAt === undefined ? streamMsMost : Math.max(0, Date.parse(endsAt) - Date.now())
  return {
    async events() {
      const signal = AbortSignal.any([gone, AbortSignal.timeout(Math.min(streamMsMost, leftMs))])
      return toldTo(asking, await live.follow(signal))
    },
  }
}

async function* toldTo({ caller, isStill }: Asking, changes: AsyncIterable<readonly Topic[]>) {
  for await (const changed of changes) {
    if (changed.includes('access') && !(await isStill())) return
    const topics = changed.flatMap((topic) => (topic !== 'access' && mayAct(caller, needs[topic]) ? topic : []))
    if (topics.length > 0) yield { topics }
  }
}
