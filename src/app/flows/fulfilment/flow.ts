import { refText } from '../../../core/ref.ts'
import { heldFields } from '../../../plan/drift.ts'
import type { Deps } from '../../bench/deps.ts'
import { unseen } from '../../bench/unseen.ts'
import { defineFlow, type Opening, shipped } from '../flow.ts'
import { howFar } from '../order-now.ts'
import { type ReportSync, reportSyncSchema } from './config.ts'
import { deliverReports } from './deliver.ts'
import { type FulfilmentSync, reportedKind } from './sync.ts'

/** Fulfilment → deal: the progress of orders, and problems that need a person, are written back to the records of the CRM. */
export const fulfilment = defineFlow({
  document: 'fulfilment',
  title: 'The progress of orders in `from` is written back to the deals of `to`.',
  example: { of: 'deal' },
  record: null,
  config: reportSyncSchema,
  records: { role: 'report', end: 'target' },
  kind: null,
  follows: (config) => config.of,
  dangling: (config, documents) =>
    documents.get(config.of) === 'deal' ? [] : [{ key: 'of', message: `"${config.of}" is not a sync of deals` }],
  parts({ mappings: own }, { source, target }) {
    return {
      fulfilment: { file: own.fulfilment ?? shipped(source, 'fulfilment'), own: 'source', other: null },
      report: { file: own.deal ?? shipped(target, 'fulfilment'), own: 'target', other: 'fulfilment' },
    }
  },
  open(opening) {
    const sync = fulfilmentSync(opening)
    const { of } = sync.config
    return {
      watches: [{ object: sync.fulfilment.object, paths: sync.reads, where: [] }],
      begin: (state) => state.enabledAt,
      /** Orders without a link are not ours. */
      async concerns(watch, page, ledger) {
        const orders = page.ids.map((id) => ({ connection: sync.source.name, object: watch.object, id }))
        const links = await ledger.links.byTarget(reportedKind, orders)
        const met = links
          .filter((link) => link.sync === of)
          .map((link) => ({ ref: link.source.ref, versions: page.versions?.[link.target.id ?? ''] }))
        const distinct = [...new Map(met.map((one) => [refText(one.ref), one])).values()]
        return unseen({ name: of, kind: reportedKind, digest: sync.digest }, 'target', distinct, ledger)
      },
      deliver: (bench) => deliverReports(sync, bench),
      guard: null,
      whenLive: (deps) => reportAll(sync, deps),
      deals: null,
      worksWithoutSource: true,
    }
  },
})

function fulfilmentSync(opening: Opening & { readonly config: ReportSync }): FulfilmentSync {
  const { mapping } = opening
  const report = mapping('report')
  const used = [...howFar, ...heldFields, ...report.documentReads]
  const whole = mapping('fulfilment')
  const narrowed = whole.only(used)
  return {
    ...opening,
    fulfilment: narrowed,
    report,
    reads: [...new Set([...narrowed.reads, ...whole.rawReads(used), ...report.otherReads])],
  }
}

/** Nothing was written back in shadow mode, so all orders and all problems are due. */
async function reportAll({ name, config }: FulfilmentSync, { ledger }: Deps): Promise<void> {
  for (const problem of await ledger.problems.list({ sync: config.of, max: 10_000 })) {
    await ledger.inbox.add(name, await ledger.problems.waiting(problem.id, 100_000), { lane: 'retry' })
  }
  let after: string | undefined
  for (;;) {
    const page = await ledger.links.list({
      sync: config.of,
      kind: reportedKind,
      state: 'linked',
      max: 1000,
      ...(after === undefined ? {} : { after }),
    })
    await ledger.inbox.add(
      name,
      page.map((link) => link.source.ref),
      { lane: 'backfill' },
    )
    after = page.at(-1)?.id
    if (page.length < 1000) return
  }
}
