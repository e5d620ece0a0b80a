import type { z } from 'zod'
import type { SeenProblem } from '../app/problems/problems.ts'
import type { Exceptions } from '../ports/ledger/certificates.ts'
import type { Contract } from './contract.ts'
import type { Errands } from './errands.ts'
import { given } from './given.ts'
import { type Handlers, missing } from './handler.ts'
import type { ApiUses, UseCases } from './use-cases.ts'

type Name =
  | 'getSync'
  | 'changeSync'
  | 'backfillSync'
  | 'reconcileSync'
  | 'listCertificates'
  | 'listAlerts'
  | 'testAlert'

type Listed = z.output<Contract['listProblems']['reply']>['problems']

interface Around {
  readonly actor: string | null
  readonly errands: Errands
  readonly runSync: ApiUses['runSync']
  isSync(name: string): Promise<boolean>
  /** Problems as the API tells them. */
  shown(problems: readonly SeenProblem[]): Promise<Listed>
}

const namesMost = 100
const openAlertsMost = 500

/** What is in force of a sync, and what takes longer than a request. */
export function syncHandlers(useCases: UseCases, around: Around): Pick<Handlers, Name> {
  const { actor, errands, runSync, isSync, shown } = around
  return {
    async getSync({ params: { name } }) {
      if (!(await isSync(name))) return missing('sync', name)
      const { guard, extraOrders, problems, backfill, ...sync } = await useCases.sync(name)
      return {
        ...sync,
        guard: guard === null ? null : { ...guard, extra: extraOrders },
        problems: { ...problems, first: await shown(problems.first) },
        backfill: backfill === null ? null : { ...backfill, done: Math.max(0, backfill.found - backfill.left) },
      }
    },
    async changeSync({ params: { name }, body }) {
      if (!(await isSync(name))) return missing('sync', name)
      const published = await useCases.changeSync(name, given(body))
      // What it would have done is due at once, and its schedule may be hours away.
      if (body.mode === 'live' && published.revision !== null) await runSync(name, actor)
      return published
    },
    async backfillSync({ params: { name }, body: { from, deals = [], dryRun } }) {
      if (!(await isSync(name))) return missing('sync', name)
      const which = from === undefined ? { ids: deals } : { from }
      const ended = await errands.ask(JSON.stringify(['backfill', actor, name, which, dryRun]), () =>
        useCases.backfill(name, { ...which, dryRun }),
      )
      return { isDone: ended !== null, found: ended?.value.found ?? null }
    },
    async reconcileSync({ params: { name }, body: { mend } }) {
      if (!(await isSync(name))) return missing('sync', name)
      const ended = await errands.ask(JSON.stringify(['reconcile', actor, name, mend]), async () => {
        const { won, linked, missing: none, extra, mended } = await useCases.reconcile(name, { mend })
        const some = [none, extra].map((ids) => ids.slice(0, namesMost))
        const names = await useCases.dealNames(name, some.flat())
        const named = (ids: readonly string[]): Exceptions => ({
          count: ids.length,
          named: ids.slice(0, namesMost).map((id) => ({ id, label: names.get(id) ?? null })),
        })
        return { won, orders: linked, missing: named(none), extra: named(extra), mended }
      })
      return { isDone: ended !== null, comparison: ended?.value ?? null }
    },
    async listCertificates({ query }) {
      const found = await useCases.certificates(given(query))
      return {
        certificates: found.map(({ id, certificate, genuine }) => ({ erased: 0, ...certificate, id, genuine })),
      }
    },
    async listAlerts() {
      const { channels, open } = await useCases.alerts()
      return { channels, open: open.slice(0, openAlertsMost) }
    },
    async testAlert({ params: { name } }) {
      const { channels } = await useCases.alerts()
      const [tested] = channels.some(({ channel }) => channel === name) ? await useCases.testAlerts([name]) : []
      return tested ?? missing('channel', name)
    },
  }
}
