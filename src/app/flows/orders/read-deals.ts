import { holds } from '../../../core/condition.ts'
import type { Deal } from '../../../core/documents.ts'
import { completeDeal } from '../../../core/money.ts'
import type { Failure } from '../../../core/problem.ts'
import { type RecordRef, refText } from '../../../core/ref.ts'
import type { Instant } from '../../../core/time.ts'
import { wordsOfDeal } from '../../../core/words.ts'
import { entryDigitsOf } from '../../../mapping/compile/entry-digits.ts'
import { mapInbound } from '../../../mapping/run/run.ts'
import { keyOf } from '../../../plan/key.ts'
import { belongs, type Dating, datingFields, undated } from '../../../plan/plan.ts'
import type { RemoteRecord } from '../../../ports/connector.ts'
import type { Claim } from '../../../ports/ledger/inbox.ts'
import type { Link, LinkState, Worth } from '../../../ports/ledger/links.ts'
import type { Bench } from '../../bench/bench.ts'
import { inParts } from '../../bench/in-parts.ts'
import { versionFor } from '../../bench/version.ts'
import { intend } from '../../bring/intend.ts'
import { isForgotten, placed } from '../order-now.ts'
import { type Case, labelOf, totalsOf, type Won } from './case.ts'
import type { DealSync } from './sync.ts'

/** A deal that is won, before its intent is stored. */
type Candidate = Omit<Won, 'is' | 'link'> & { readonly link: Link | null }
type Why = 'gone' | 'not won' | 'won before since' | 'undated' | 'left out by where'

/** Reads a batch of deals and sorts them into cases; a deal that this sync does not deliver gets its outcome here. */
export async function readDeals(sync: DealSync, bench: Bench): Promise<readonly Case[]> {
  const { batch } = bench
  const refs = batch.claims.map((claim) => claim.ref)
  const account = { ...(await bench.source.account()) }
  const [records, known] = await Promise.all([
    bench.read(
      'source',
      sync.deal.object,
      refs.map((ref) => ref.id),
      sync.reads,
    ),
    bench.links.bySource(sync.name, sync.orders.name, refs),
  ])
  const links = new Map(known.map((link) => [refText(link.source.ref), link]))
  const since = sync.config.since ?? bench.state.enabledAt
  const keyFor = (id: string) => keyOf({ system: sync.source.system, account: account.id }, 'deal', id)
  const cases: Case[] = []
  const entryDigits = entryDigitsOf(sync.order)
  const claims = batch.claims.map((claim, index) => ({ claim, record: records[index] ?? null }))
  await inParts(claims, async (part) => {
    const reading = openReading(sync, bench, links, since)
    for (const { claim, record } of part) if (record === null) reading.leave(claim.ref, 'gone')
    const present = part.flatMap(({ claim, record }) => (record === null ? [] : [{ claim, record }]))
    const mapped = await mapInbound<Deal>(
      sync.deal,
      present.map((one) => one.record),
      account,
      bench.deps.evaluator,
    )
    const broken: { claim: Claim; record: RemoteRecord; failure: Failure }[] = []
    for (const [index, { claim, record }] of present.entries()) {
      const result = mapped[index]
      if (result === undefined) throw new Error('fewer deals were mapped than read')
      if (!result.ok) {
        broken.push({ claim, record, failure: result.failures[0] })
        continue
      }
      const { customer } = result.value
      const deal = { ...result.value, customer: customer === null ? null : { ...customer, raw: result.value.raw } }
      reading.judge(claim, record, deal, {
        deal: completeDeal(deal, entryDigits),
        label: labelOf(deal),
        key: keyFor(record.id),
      })
    }
    await judgeBroken(sync, broken, account, reading, bench)
    cases.push(...reading.others, ...(await withLinks(sync, reading.won, bench)))
  })
  noteVersions(sync, bench, records, cases)
  return cases
}

function openReading(sync: DealSync, { batch }: Bench, links: ReadonlyMap<string, Link>, since: Instant) {
  const won: Candidate[] = []
  const others: Case[] = []

  /** The deal is not to be delivered; an order that exists, or may exist, becomes a case. */
  function leave(ref: RecordRef, why: Why): void {
    const link = links.get(refText(ref)) ?? null
    const order = link === null ? null : placed(link)
    if (link !== null && order !== null) {
      // Conditions decide on new orders alone: narrowing them must not cancel existing ones.
      if (why === 'gone' || why === 'not won') others.push({ is: 'lost', ref, ...order })
      else batch.done(ref, 'unchanged')
      return
    }
    if (why === 'won before since') {
      batch.note(ref, 'left_out', `Won before ${since}; a backfill delivers it`)
    }
    if (why === 'undated') batch.note(ref, 'left_out', 'It is unclear when it was won; a backfill delivers it')
    if (link !== null && mayHaveOrder(link.state)) others.push({ is: 'sought', ref, link })
    else batch.done(ref, 'left_out')
  }

  /** @param deal  as far as it could be mapped @param rest  the failure, where it could not be mapped as a whole */
  function judge(
    claim: Claim,
    record: RemoteRecord,
    deal: Dating,
    rest: Pick<Candidate, 'deal' | 'label' | 'key'> | { readonly failure: Failure },
  ): void {
    const { ref } = claim
    const link = links.get(refText(ref)) ?? null
    // A deal of a backfill, or one with a link already, is delivered however long ago it was won.
    const asked = claim.lane === 'backfill' || link !== null
    const answer = asked && deal.won ? 'yes' : belongs(deal, since)
    if (link !== null && isForgotten(link)) batch.done(ref, 'unchanged')
    else if (answer === 'not_won') leave(ref, 'not won')
    else if (answer === 'won_before') leave(ref, 'won before since')
    else if (link === null && sync.config.where !== undefined && !holds(sync.config.where, record.fields)) {
      leave(ref, 'left out by where')
    } else if (answer === 'undated') {
      if (sync.config.policies.undated === 'leave_out') leave(ref, 'undated')
      else batch.fail(ref, undated(sync.name, deal, since))
    } else if ('failure' in rest) batch.fail(ref, rest.failure)
    else won.push({ ref, ...rest, link })
  }

  return { won, others, leave, judge }
}

const latest = '9999-12-31T00:00:00.000Z' as Instant

const mayHaveOrder = (state: LinkState): boolean => state === 'sent' || state === 'unknown'

// Its failure is what a person reads: as if it had been won just now.
const unreadable: Dating = { won: true, wonAt: latest, madeWon: false, closeDate: null }

/** A record that does not map matters only when its deal is won, which a mapping of these few fields alone tells. */
async function judgeBroken(
  sync: DealSync,
  broken: readonly { claim: Claim; record: RemoteRecord; failure: Failure }[],
  account: Readonly<Record<string, string | null>>,
  reading: ReturnType<typeof openReading>,
  bench: Bench,
): Promise<void> {
  if (broken.length === 0) return
  const narrow = await mapInbound<Dating>(
    sync.deal.only(datingFields),
    broken.map((one) => one.record),
    account,
    bench.deps.evaluator,
  )
  for (const [index, { claim, record, failure }] of broken.entries()) {
    const result = narrow[index]
    // Where not even that maps, it is shown as a problem, as if it were won: a person can tell.
    const deal = result?.ok === true ? result.value : unreadable
    reading.judge(claim, record, deal, { failure })
  }
}

/** Stores the intent before any call: every won deal has a link from here on. */
async function withLinks(sync: DealSync, candidates: readonly Candidate[], bench: Bench): Promise<readonly Won[]> {
  const missing = candidates.filter((one) => one.link === null)
  const links = await intend(sync.orders, missing, bench)
  const fresh = new Map(missing.map((one, index) => [refText(one.ref), links[index]]))
  for (const { ref, label, deal } of missing) {
    const { wonAt, amount, currency } = deal
    if (bench.mode === 'live') bench.batch.note(ref, 'won', `${label} was won`, { won_at: wonAt, amount, currency })
  }
  return candidates.map((one) => {
    const link = one.link ?? fresh.get(refText(one.ref))
    if (link === undefined) throw new Error(`the intent for ${one.label} was not stored`)
    return { ...one, is: 'won', link }
  })
}

/** Absent where no currency is told: amounts are added up by it. */
function worthOf(deal: Deal): { worth?: Worth } {
  const { net, currency } = totalsOf(deal)
  return net === null || currency === null ? {} : { worth: { amount: net, currency } }
}

/** Stores what each deal is found by, what it is about in money, and the version in which it was read: a change that leads to the same version is an echo. */
function noteVersions(
  sync: DealSync,
  { batch }: Bench,
  records: readonly (RemoteRecord | null)[],
  cases: readonly Case[],
): void {
  const met = new Map(cases.map((one) => [refText(one.ref), one]))
  for (const [index, { ref }] of batch.claims.entries()) {
    const version = records[index]?.version
    const one = met.get(refText(ref))
    if (one === undefined) continue
    const words = one.is === 'won' ? { words: wordsOfDeal(one.deal), ...worthOf(one.deal) } : {}
    const source = { ...words, ...(version === undefined ? {} : { version: versionFor(sync, version) }) }
    if (Object.keys(source).length > 0) batch.link({ id: one.link.id, source })
  }
}
