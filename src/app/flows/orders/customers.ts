import type { Customer } from '../../../core/documents.ts'
import type { Json, JsonObject } from '../../../core/json.ts'
import type { Failure } from '../../../core/problem.ts'
import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import { type Evaluator, mapOutbound, type Resolver } from '../../../mapping/run/run.ts'
import { storedOf } from '../../../plan/difference.ts'
import { keyOf } from '../../../plan/key.ts'
import type { Match, Query, Write } from '../../../ports/connector.ts'
import type { Ledger } from '../../../ports/ledger/ledger.ts'
import type { Link, LinkUpdate } from '../../../ports/ledger/links.ts'
import type { Endpoint } from '../../bench/endpoint.ts'
import { together } from '../../bench/together.ts'

export interface CustomerDeps {
  readonly sync: string
  readonly source: Endpoint
  readonly target: Endpoint
  readonly mapping: CompiledMapping
  readonly whenMissing: 'create' | 'hold'
  /** Shadow mode: looks and plans, writes nothing. */
  readonly dryRun: boolean
  readonly ledger: Ledger
  readonly evaluator: Evaluator
  readonly resolver: Resolver
}

/** The target's id of a customer, or why there is none. `made` when this call created or adopted it. */
export type CustomerOutcome =
  | { readonly ok: true; readonly id: string; readonly made: 'created' | 'adopted' | null; readonly name: string }
  | { readonly ok: false; readonly failure: Failure }

interface Candidate {
  readonly customer: Customer
  readonly link: Link | null
  readonly key: string
  /** What the keys of all customers of this CRM's account begin with. */
  readonly keyPrefix: string
  /** The target's customer that carries our key. */
  readonly found: Match | null
  readonly fields: JsonObject
  readonly lines: { field: string; items: readonly { key: string; fields: JsonObject }[] } | null
}

/** The customers of a batch that no link tells of, with their intents written down, beside those that one does. */
interface Prepared {
  readonly outcomes: Map<string, CustomerOutcome>
  readonly missing: readonly Customer[]
  readonly links: readonly (Link | null)[]
  readonly keyFor: (id: string) => string
}

/**
 * Finds or makes the target's customers of a batch, each once: by link, by our key, by the mapping's `match` (strict:
 * several hits hold), else as the policy says.
 * @returns by customer id of the source
 */
export const resolveCustomers = async (
  customers: readonly Customer[],
  deps: CustomerDeps,
): Promise<ReadonlyMap<string, CustomerOutcome>> => settleCustomers(await prepareCustomers(customers, deps), deps)

/** The first half of `resolveCustomers`, for which the target is not asked. */
export async function prepareCustomers(customers: readonly Customer[], deps: CustomerDeps): Promise<Prepared> {
  const outcomes = new Map<string, CustomerOutcome>()
  const distinct = new Map(customers.map((customer) => [customer.id, customer]))
  const account = await deps.source.account()
  const keyFor = (id: string) => keyOf({ system: deps.source.system, account: account.id }, 'customer', id)
  const known = await deps.ledger.links.bySource(deps.sync, 'customer', [...distinct.keys()])
  for (const link of known) {
    if (link.state !== 'linked' || link.targetId === null) continue
    outcomes.set(link.sourceId, { ok: true, id: link.targetId, made: null, name: link.label ?? '' })
  }
  const missing = [...distinct.values()].filter((customer) => !outcomes.has(customer.id))
  const links =
    deps.dryRun || missing.length === 0
      ? missing.map(() => null)
      : await deps.ledger.links.intend(
          missing.map((customer) => ({
            sync: deps.sync,
            kind: 'customer',
            sourceId: customer.id,
            key: keyFor(customer.id),
            connection: deps.target.name,
            targetObject: deps.mapping.object,
            label: customer.name,
          })),
        )
  return { outcomes, missing, links, keyFor }
}

/** The second half; the target is asked for our keys before anything else, at once. */
export async function settleCustomers(
  { outcomes, missing, links, keyFor }: Prepared,
  deps: CustomerDeps,
): Promise<ReadonlyMap<string, CustomerOutcome>> {
  if (missing.length === 0) return outcomes
  const [keyed, mapped] = await together([
    findCustomers(
      missing.map((customer) => ({ key: keyFor(customer.id) })),
      deps,
    ),
    mapCustomers(missing, deps),
  ])
  const candidates: Candidate[] = []
  for (const [index, customer] of missing.entries()) {
    const result = mapped[index]
    if (result === undefined || !result.ok) {
      const failure = result?.failures[0]
      if (failure !== undefined) outcomes.set(customer.id, { ok: false, failure })
      continue
    }
    const { fields, lines } = result.value
    const found = keyed[index]?.[0] ?? null
    const keys = { key: keyFor(customer.id), keyPrefix: keyFor('') }
    candidates.push({ customer, link: links[index] ?? null, ...keys, found, fields, lines })
  }
  await adopt(candidates, outcomes, deps)
  await create(
    candidates.filter((one) => !outcomes.has(one.customer.id)),
    outcomes,
    deps,
  )
  return outcomes
}

const findCustomers = (queries: readonly Query[], deps: CustomerDeps) =>
  deps.target.use((connection) => connection.find(deps.mapping.object, queries))

async function mapCustomers(customers: readonly Customer[], deps: CustomerDeps) {
  const account = { ...(await deps.target.account()) }
  return mapOutbound(
    deps.mapping,
    customers.map((customer) => ({ document: customer as Json, op: 'create' as const, account, links: {} })),
    deps.resolver,
    deps.evaluator,
  )
}

/** Looks for what is there already: first what carries our key, then what the mapping's `match` finds. */
async function adopt(
  candidates: readonly Candidate[],
  outcomes: Map<string, CustomerOutcome>,
  deps: CustomerDeps,
): Promise<void> {
  const updates: LinkUpdate[] = []
  const take = (candidate: Candidate, match: Match, origin: 'created' | 'adopted') => {
    outcomes.set(candidate.customer.id, { ok: true, id: match.id, made: origin, name: candidate.customer.name })
    if (candidate.link === null) return
    updates.push({
      id: candidate.link.id,
      state: 'linked',
      targetId: match.id,
      origin,
      targetLabel: match.label,
      written: storedOf({ fields: candidate.fields, lines: {}, confirmed: false }),
    })
  }
  for (const candidate of candidates) if (candidate.found !== null) take(candidate, candidate.found, 'created')
  for (const step of deps.mapping.match) {
    const asking = candidates.filter(
      (one) => !outcomes.has(one.customer.id) && step.same.every((name) => !isBlank(one.fields[name])),
    )
    if (asking.length === 0) continue
    const found = await findCustomers(
      asking.map((one) => ({ fields: Object.fromEntries(step.same.map((name) => [name, one.fields[name] as Json])) })),
      deps,
    )
    const ids = found.flatMap((matches) => matches.map((match) => match.id))
    const linked = await deps.ledger.links.byTarget(deps.target.name, deps.mapping.object, ids)
    const own = linked.filter((link) => link.kind === 'customer' && link.sync === deps.sync)
    const owners = new Map(own.map((link) => [link.targetId, link]))
    const asked = new Map<string, Candidate>()
    for (const [index, candidate] of asking.entries()) {
      const value = step.same.map((name) => String(candidate.fields[name])).join(' / ')
      const twin = asked.get(value.toLowerCase())
      asked.set(value.toLowerCase(), candidate)
      // Alike is not the same: what we made for another record of the CRM is that one's. An identity is the same.
      const matches = (found[index] ?? []).filter(
        (match) => step.identity || (owners.get(match.id)?.origin !== 'created' && !isOthersKey(match, candidate)),
      )
      const only = matches.length === 1 ? matches[0] : undefined
      if (matches.length === 0 && (twin === undefined || !step.identity)) continue
      const owner = only === undefined ? undefined : owners.get(only.id)?.label
      const taken =
        owner ?? twin?.customer.name ?? (only !== undefined && isOthersKey(only, candidate) ? only.key : null)
      if (only === undefined || only.archived || taken !== null) {
        const failure = ambiguous(candidate.customer, value, matches, taken)
        outcomes.set(candidate.customer.id, { ok: false, failure })
        continue
      }
      take(candidate, only, 'adopted')
    }
  }
  if (updates.length === 0) return
  const refused = new Set(await deps.ledger.links.update(updates))
  for (const candidate of candidates) {
    if (candidate.link === null || !refused.has(candidate.link.id)) continue
    outcomes.set(candidate.customer.id, {
      ok: false,
      failure: ambiguous(candidate.customer, candidate.customer.name, [], 'another customer of the CRM'),
    })
  }
}

const isBlank = (value: Json | undefined) => value === undefined || value === null || value === ''

/** A match that carries our key for another record of the same CRM, found after the ledger was lost. */
const isOthersKey = (match: Match, { key, keyPrefix }: Candidate) =>
  match.key !== null && match.key !== key && match.key.startsWith(keyPrefix)

function ambiguous(customer: Customer, value: string, matches: readonly Match[], owner: string | null): Failure {
  const names = matches.map((match) => `${match.label} (${match.id}${match.archived ? ', archived' : ''})`).join(', ')
  const because =
    owner !== null
      ? `${names === '' ? 'the match' : names} already belongs to "${owner}" of the CRM`
      : matches.length === 1
        ? `${names} is archived`
        : `${matches.length} customers of the ERP match: ${names}`
  return {
    problem: { kind: 'customer_ambiguous', value, hits: matches.length },
    message: `Customer "${customer.name}" (${customer.id}) cannot be told apart by ${value}: ${because}.`,
    fix:
      'Merge the duplicates, restore the archived customer, or give one of them a tax id or another name; then retry. Or say ' +
      `which it is: crosswalk link ${customer.id} <id in the ERP>${owner === null ? '' : ' --move'}.`,
  }
}

async function create(
  candidates: readonly Candidate[],
  outcomes: Map<string, CustomerOutcome>,
  deps: CustomerDeps,
): Promise<void> {
  if (candidates.length === 0) return
  if (deps.whenMissing === 'hold') {
    for (const { customer } of candidates) {
      outcomes.set(customer.id, {
        ok: false,
        failure: {
          problem: { kind: 'customer_missing', value: customer.name },
          message: `Customer "${customer.name}" (${customer.id}) is not in the ERP.`,
          fix: 'Create the customer in the ERP with the same tax id, e-mail or name, or set missing_customer: create.',
        },
      })
    }
    return
  }
  if (deps.dryRun) {
    for (const { customer } of candidates) {
      outcomes.set(customer.id, { ok: true, id: 'new', made: 'created', name: customer.name })
    }
    return
  }
  await deps.ledger.links.update(
    candidates.flatMap(({ link }) => (link === null ? [] : [{ id: link.id, state: 'sent' as const }])),
  )
  const writes: Write[] = candidates.map((candidate) => ({
    do: 'create',
    object: deps.mapping.object,
    key: candidate.key,
    fields: candidate.fields,
    lines:
      candidate.lines === null
        ? null
        : {
            field: candidate.lines.field,
            upsert: candidate.lines.items.map((item) => ({ key: `${candidate.key}_${item.key}`, fields: item.fields })),
            remove: [],
          },
  }))
  const results = await deps.target.use((connection) => connection.write(writes))
  const updates: LinkUpdate[] = []
  for (const [index, candidate] of candidates.entries()) {
    const result = results[index]
    if (result === undefined || candidate.link === null) continue
    if (result.ok) {
      outcomes.set(candidate.customer.id, { ok: true, id: result.id, made: 'created', name: candidate.customer.name })
      updates.push({
        id: candidate.link.id,
        state: 'linked',
        targetId: result.id,
        origin: 'created',
        written: storedOf({ fields: candidate.fields, lines: {}, confirmed: false }),
      })
    } else {
      outcomes.set(candidate.customer.id, { ok: false, failure: result.failure })
      const unknown = result.failure.problem.kind === 'outcome_unknown'
      updates.push({ id: candidate.link.id, state: unknown ? 'unknown' : 'rejected' })
    }
  }
  await deps.ledger.links.update(updates)
}
