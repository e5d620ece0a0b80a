import type { z } from 'zod'
import type { Contract, Route } from './contract.ts'
import type { UseCases } from './use-cases.ts'

/** The answer when something that the request names does not exist: a sentence that names it. */
interface Missing {
  readonly missing: string
}

/** Serves a checked request. */
export type Handler<R extends Route> = (input: {
  readonly params: z.output<R['params']>
  readonly query: z.output<R['query']>
  readonly body: z.output<R['body']>
}) => Promise<z.input<R['reply']> | Missing>

type Handlers = { readonly [Name in keyof Contract]: Handler<Contract[Name]> }

/**
 * One handler for each route of the contract.
 * @param enqueue  queues a run of a sync
 */
export function handlersOf(useCases: UseCases, enqueue: (sync: string) => Promise<void>): Handlers {
  const isSync = async (name: string) => (await useCases.status()).syncs.some((one) => one.sync === name)
  const isConnection = async (name: string) =>
    (await useCases.status()).connections.some((one) => one.connection === name)
  async function decided(
    decision: Parameters<UseCases['decide']>[0]['decision'],
    deal: string,
    body: { readonly sync?: string | undefined; readonly only?: string | undefined },
  ) {
    if (body.sync !== undefined && !(await isSync(body.sync))) return missing('sync', body.sync)
    return useCases.decide({ deal, decision, ...given(body) })
  }
  return {
    status: () => useCases.status(),
    async listConnections() {
      return { connections: (await useCases.status()).connections }
    },
    async checkConnection({ params: { name } }) {
      const [row] = (await isConnection(name)) ? await useCases.check([name]) : []
      return row ?? missing('connection', name)
    },
    async listSyncs() {
      return { syncs: (await useCases.status()).syncs }
    },
    async runSync({ params: { name } }) {
      if (!(await isSync(name))) return missing('sync', name)
      await enqueue(name)
      return { sync: name }
    },
    async pauseSync({ params: { name }, body: { because } }) {
      if (!(await isSync(name))) return missing('sync', name)
      await useCases.hold(name, because)
      return { sync: name, heldBecause: because }
    },
    async resumeSync({ params: { name }, body: { allow } }) {
      if (!(await isSync(name))) return missing('sync', name)
      await useCases.resume(name, allow === undefined ? {} : { allow })
      return { sync: name, heldBecause: null }
    },
    async listRuns({ query }) {
      return { runs: await useCases.runs(given(query)) }
    },
    async listProblems({ query }) {
      return { problems: await useCases.problems(given(query)) }
    },
    async getProblem({ params: { id } }) {
      return (await useCases.problem(id)) ?? missing('open problem', id)
    },
    async retryProblem({ params: { id } }) {
      if ((await useCases.problem(id)) === null) return missing('open problem', id)
      return { records: await useCases.retry({ problem: id }) }
    },
    async retryRecords({ body: { sync, records } }) {
      if (!(await isSync(sync))) return missing('sync', sync)
      return { records: await useCases.retry({ sync, records }) }
    },
    async linkCustomer({ params: { name, id }, body: { target, move } }) {
      if (!(await isSync(name))) return missing('sync', name)
      return useCases.linkCustomer({ sync: name, customer: id, target, move })
    },
    async listDeals({ query }) {
      return { deals: await useCases.deals(given(query)) }
    },
    async dealTimeline({ params: { id }, query }) {
      return { entries: await useCases.timeline({ id, ...given(query) }) }
    },
    async erasePerson({ body: { connection, ...whom } }) {
      if (connection !== undefined && !(await isConnection(connection))) return missing('connection', connection)
      return useCases.erase({ ...whom, ...given({ connection }) })
    },
    acceptDeal: ({ params, body }) => decided('accept', params.id, body),
    overwriteDeal: ({ params, body }) => decided('overwrite', params.id, body),
    ignoreDeal: ({ params, body }) => decided('ignore', params.id, body),
    async previewDeal({ params: { id }, body: { sync } }) {
      if (sync !== undefined && !(await isSync(sync))) return missing('sync', sync)
      return useCases.preview(id, sync === undefined ? {} : { sync })
    },
    getProject: () => useCases.project(),
    publishProject: ({ body: { files, note } }) => useCases.publish(files, note === undefined ? {} : { note }),
  }
}

const missing = (kind: string, name: string): Missing => ({ missing: `There is no ${kind} "${name}".` })

type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> }

/** Drops names that are undefined: a filter names only what it filters by. */
const given = <T extends object>(query: T): Given<T> =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Given<T>
