import type { Deal } from '../../../core/documents.ts'
import type { Json, JsonObject } from '../../../core/json.ts'
import { completeDeal } from '../../../core/money.ts'
import { type Failure, SyncError } from '../../../core/problem.ts'
import { mapInbound, mapOutbound } from '../../../mapping/run/run.ts'
import { differenceOf, writtenOf } from '../../../plan/difference.ts'
import { keyOf, lineKeyOf } from '../../../plan/key.ts'
import type { Deps } from '../../bench/deps.ts'
import { openLookups } from '../../bench/lookups.ts'
import { labelOf } from './case.ts'
import { resolveCustomers } from './customers.ts'
import type { DealSync } from './sync.ts'

export interface Preview {
  readonly sync: string
  readonly recordId: string
  /** What would happen: `create`, `update`, `nothing`, `not won`, `problem`. */
  readonly action: string
  readonly label: string
  readonly order: { readonly number: string | null; readonly id: string } | null
  readonly fields: readonly PreviewField[]
  readonly lines: readonly { readonly key: string; readonly fields: JsonObject }[]
  readonly failures: readonly Failure[]
}

interface PreviewField {
  readonly field: string
  readonly rule: string
  readonly source: string
  readonly value: Json
  readonly note: string | null
}

/** Shows what would become of a deal, and by which rules; nothing is written on either side nor in the ledger. */
export async function preview(sync: DealSync, recordId: string, deps: Deps): Promise<Preview> {
  const account = await sync.source.account()
  const [record] = await sync.source.use((connection) => connection.read(sync.deal.object, [recordId], sync.reads))
  if (record === null || record === undefined) {
    throw new SyncError(`${sync.source.name} has no ${sync.deal.object} "${recordId}"`, {
      problem: { kind: 'record_gone', object: sync.deal.object, id: recordId },
      fix: 'Check the id: it is the last number in the address of the deal.',
    })
  }
  const empty = { sync: sync.name, recordId, order: null, fields: [], lines: [] } as const
  const [mapped] = await mapInbound<Deal>(sync.deal, [record], { ...account }, deps.evaluator)
  if (mapped === undefined || !mapped.ok) {
    return { ...empty, action: 'problem', label: recordId, failures: mapped?.failures ?? [] }
  }
  const deal = completeDeal(mapped.value)
  const label = labelOf(deal)
  const lookups = openLookups(sync.target, deps.clock).forBatch()
  const [link] = await deps.ledger.links.bySource(sync.name, 'order', [recordId])
  const customers = await resolveCustomers(deal.customer === null ? [] : [deal.customer], {
    sync: sync.name,
    source: sync.source,
    target: sync.target,
    mapping: sync.customer,
    whenMissing: sync.config.policies.missing_customer,
    dryRun: true,
    ledger: deps.ledger,
    evaluator: deps.evaluator,
    resolver: lookups,
  })
  const customer = deal.customer === null ? undefined : customers.get(deal.customer.id)
  const linked = link?.state === 'linked' && link.targetId !== null
  const [order] = await mapOutbound(
    sync.order,
    [
      {
        document: deal,
        op: linked ? 'update' : 'create',
        account: { ...(await sync.target.account()) },
        links: customer?.ok === true ? { customer: customer.id } : {},
      },
    ],
    lookups,
    deps.evaluator,
  )
  const failures = [
    ...(customer?.ok === false ? [customer.failure] : []),
    ...(order?.ok === false ? order.failures : []),
  ]
  if (order === undefined || !order.ok) return { ...empty, action: 'problem', label, failures }
  const key = keyOf({ system: sync.source.system, account: account.id }, 'deal', record.id)
  const lines = (order.value.lines?.items ?? []).map((item) => ({ key: lineKeyOf(key, item.key), fields: item.fields }))
  const written = linked ? writtenOf(link.written) : null
  const same = written !== null && differenceOf(written, { fields: order.value.fields, lines }) === null
  return {
    sync: sync.name,
    recordId,
    action: failures.length > 0 ? 'problem' : !deal.won ? 'not won' : same ? 'nothing' : linked ? 'update' : 'create',
    label,
    order: linked ? { number: link.targetLabel, id: link.targetId } : null,
    fields: order.value.lineage.map(({ field, rule, source, value, note }) => ({ field, rule, source, value, note })),
    lines,
    failures,
  }
}
