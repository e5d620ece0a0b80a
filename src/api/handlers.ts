import { posix } from 'node:path'
import type { SeenProblem } from '../app/problems/problems.ts'
import { accountHandlers } from './account-handlers.ts'
import { mayAct } from './caller.ts'
import type { Errands } from './errands.ts'
import { exportHandlers } from './export-handlers.ts'
import { given } from './given.ts'
import { type Asking, type Handlers, missing } from './handler.ts'
import { liveHandler } from './live-handler.ts'
import { operations } from './openapi.ts'
import { placeOf, placeText } from './place.ts'
import { Refusal } from './problem-reply.ts'
import { syncHandlers } from './sync-handlers.ts'
import { upTo } from './up-to.ts'
import type { ApiUses, UseCases } from './use-cases.ts'
import { withWorth } from './worths.ts'

/** One handler for each route of the contract, for one who asks. */
export function handlersOf(uses: ApiUses, asking: Asking, errands: Errands): Handlers {
  const { actor } = asking.caller
  const useCases: UseCases = actor === null ? uses.crosswalk : uses.crosswalk.as(actor)
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
  async function entryOf(problem: string) {
    const found = (await useCases.missingEntries()).find((one) => one.problem === problem)
    return found === undefined ? null : { table: found.table, key: found.key }
  }
  async function shown(problems: readonly SeenProblem[]) {
    return (await withWorth(problems, useCases)).map(({ mute, ...one }) => ({
      ...one,
      mutedAt: mute?.at ?? null,
      mutedBy: mute?.by ?? null,
      mutedBecause: mute?.because ?? null,
      mutedUntil: mute?.until ?? null,
    }))
  }
  const isOpen = async (problem: string) => (await useCases.problem(problem))?.problem.isOpen === true
  // The others name systems, hosts and who is told.
  const isMapper = (path: string) => /^(mappings|config\/tables)\//.test(posix.normalize(path))
  function mayChange(paths: readonly string[]): void {
    const others = paths.filter((path) => !isMapper(path))
    if (others.length > 0 && !mayAct(asking.caller, 'admin'))
      throw new Refusal('forbidden', `Only an admin publishes ${others.join(', ')}.`)
  }
  return {
    ...accountHandlers(uses, asking),
    ...syncHandlers(useCases, { actor, errands, runSync: uses.runSync, isSync, shown }),
    ...liveHandler(uses, asking),
    ...exportHandlers(uses, useCases),
    async home({ query: { zone } }) {
      const { newest, certificates, ...rest } = await useCases.home(zone)
      const { connections, syncs } = await useCases.status()
      return {
        ...rest,
        newest: newest === null ? null : { deal: newest.source.ref, label: newest.source.label, at: newest.createdAt },
        certificates: certificates.map(({ genuine, certificate }) => {
          const { sync, at, won, orders, waiting, missing: none, extra } = certificate
          return {
            ...{ sync, at, won, orders, genuine },
            waiting: waiting.count,
            missing: none.count,
            extra: extra.count,
          }
        }),
        connections,
        syncs,
      }
    },
    listOperations: async () => operations(),
    status: () => useCases.status(),
    async listConnections() {
      return { connections: (await useCases.status()).connections }
    },
    async checkConnection({ params: { name } }) {
      const [row] = (await isConnection(name)) ? await useCases.check([name]) : []
      return row ?? missing('connection', name)
    },
    listSystems: async () => ({ systems: await useCases.systems() }),
    tryConnection: ({ params: { system }, body: { connection, settings } }) =>
      useCases.tryConnection(connection, { system, settings }),
    async getConnection({ params: { name } }) {
      return (await useCases.connection(name)) ?? missing('connection', name)
    },
    putConnection: ({ params: { connection }, body: { note, ...change } }) =>
      useCases.connect(connection, change, given({ note })),
    async removeConnection({ params: { name }, body }) {
      return (await isConnection(name)) ? useCases.disconnect(name, given(body)) : missing('connection', name)
    },
    async setupConnection({ params: { name } }) {
      return (await isConnection(name)) ? { steps: await useCases.setup(name) } : missing('connection', name)
    },
    beginSyncs: ({ body: { where, ...between } }) =>
      useCases.beginSyncs({ ...between, where: new Map(Object.entries(where)) }, {}),
    async listSyncs() {
      return { syncs: (await useCases.status()).syncs }
    },
    async runSync({ params: { name } }) {
      if (!(await isSync(name))) return missing('sync', name)
      await uses.runSync(name, actor)
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
    async listRuns({ query: { max, ...query } }) {
      const { rows, last } = upTo(max, await useCases.runs({ ...given(query), max: max + 1 }))
      return { runs: rows, next: last?.id ?? null }
    },
    async listProblems({ query: { sort, order, after, ...query } }) {
      const sorting = { sort, direction: order }
      const { rows, next } = await useCases.pageOfProblems({ ...given(query), ...sorting, ...placeOf(sorting, after) })
      return { problems: await shown(rows), next: placeText(sorting, next) }
    },
    async getProblem({ params: { id } }) {
      const found = await useCases.problem(id)
      const [problem] = found === null ? [] : await shown([found.problem])
      if (found === null || problem === undefined) return missing('problem', id)
      return { problem, waiting: await useCases.waitingOn(id, 1_000), entry: await entryOf(id), deeds: found.deeds }
    },
    async listAssignees() {
      return { people: await useCases.assignees() }
    },
    async assignProblem({ params: { id }, body: { assignee } }) {
      if (!(await isOpen(id))) return missing('open problem', id)
      await useCases.assignProblem(id, assignee)
      return { id, assignee }
    },
    async muteProblem({ params: { id }, body: { because, until } }) {
      if (!(await isOpen(id))) return missing('open problem', id)
      await useCases.muteProblem(id, { because, ...given({ until }) })
      return { id, mutedBecause: because, mutedUntil: until ?? null }
    },
    async unmuteProblem({ params: { id } }) {
      if (!(await isOpen(id))) return missing('open problem', id)
      await useCases.unmuteProblem(id)
      return { id }
    },
    async retryProblem({ params: { id } }) {
      if (!(await isOpen(id))) return missing('open problem', id)
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
    async listDeals({ query: { open, sort, order, after, ...query } }) {
      const sorting = { sort, direction: order }
      const only = open === undefined ? {} : { open: open === 'true' }
      const page = { ...given(query), ...only, ...sorting, ...placeOf(sorting, after) }
      const { rows, next } = await useCases.pageOfDeals(page)
      return { deals: rows, next: placeText(sorting, next) }
    },
    async getDeal({ params: { id }, query }) {
      const found = await useCases.deal({ id, ...given(query) })
      return found.deals.length + found.failures.length === 0 ? missing('deal', id) : found
    },
    async dealTimeline({ params: { id }, query }) {
      return { entries: await useCases.timeline({ id, ...given(query) }) }
    },
    async dealDocuments({ params: { id }, query: { sync } }) {
      if (sync !== undefined && !(await isSync(sync))) return missing('sync', sync)
      return (await useCases.documents(id, given({ sync }))) ?? missing('order of deal', id)
    },
    async shareDeal({ params: { id }, body: { sync, days } }) {
      if (sync !== undefined && !(await isSync(sync))) return missing('sync', sync)
      const { shared, secret } = await useCases.share(id, { days, ...given({ sync }) })
      // In the fragment, which no browser sends to anybody: it is in no log on the way, and in none of ours.
      return { shared, link: `/share#${secret}` }
    },
    async listShares({ query }) {
      return { shares: await useCases.shares({ max: query.max, ...given({ deal: query.deal }) }) }
    },
    async endShare({ params: { id } }) {
      return (await useCases.endShare(id)) === null ? missing('link', id) : { ended: true }
    },
    async sharedOrder() {
      const found = await useCases.sharedOrder(asking.bearer ?? '')
      if (found === null) throw new Refusal('link_over', 'There is no such link any more.')
      return found
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
    async addTableEntry({ params: { table }, body }) {
      const { revision, findings } = await useCases.addTableEntry(table, body)
      return { revision, findings }
    },
    getProject: () => useCases.project(),
    async publishProject({ body: { files, note } }) {
      mayChange(Object.keys(files))
      return useCases.publish(files, given({ note }))
    },
    async listProjectFiles() {
      return { files: await useCases.projectFiles() }
    },
    async checkDraft({ body: { files } }) {
      mayChange(Object.keys(files))
      return useCases.checkDraft(files)
    },
    async tryDraft({ body: { files, sync, ...which } }) {
      mayChange(Object.keys(files))
      if (!(await isSync(sync))) return missing('sync', sync)
      return useCases.tryDraft(files, { sync, ...which })
    },
    async listRevisions({ query: { max, ...query } }) {
      const { rows, last } = upTo(max, await useCases.revisions({ ...given(query), max: max + 1 }))
      return { revisions: rows, next: last?.number ?? null }
    },
    async getRevision({ params: { number } }) {
      const found = await useCases.revision(number)
      if (found === null) return missing('revision with its files', String(number))
      const shown = found.files.map((one) => (isMapper(one.path) ? one : { path: one.path, before: null, after: null }))
      return { revision: found.revision, files: shown }
    },
    revertTo: ({ params: { number }, body }) => useCases.revert(number, { ...given(body), only: mayChange }),
  }
}
