import { createHash } from 'node:crypto'
import type { Deal, Person, Place, Stage } from '../../../core/documents.ts'
import { canonicalJson, type Json, type JsonObject } from '../../../core/json.ts'
import { type RecordRef, refText } from '../../../core/ref.ts'
import { fillHole, type Hole, openHole } from '../../../mapping/run/hole.ts'
import { mapOutbound, type TargetRecord } from '../../../mapping/run/run.ts'
import { keyOf } from '../../../plan/key.ts'
import { conditionOf } from '../../../plan/plan.ts'
import type { Link } from '../../../ports/ledger/links.ts'
import type { Bench, PlannedBelow } from '../../bench/bench.ts'
import { find } from '../../bring/find.ts'
import { intend } from '../../bring/intend.ts'
import type { Brought, Kind, Ready, Subject } from '../../bring/kind.ts'
import { make, plannedId } from '../../bring/make.ts'
import { type BelowName, type BelowPart, belowNames, type Ids } from './below-parts.ts'
import { hasOrder, type Won } from './case.ts'
import type { DealSync } from './sync.ts'

const holes: Readonly<Record<BelowName, Hole>> = {
  shipTo: openHole('shipTo'),
  billTo: openHole('billTo'),
  contact: openHole('contact'),
}
const customerHole = openHole('customer')

/** Of the deals of a batch, on their way to the target. */
export interface Below {
  /** What stands in an order that is mapped before they are known. */
  holesOf(won: Won): Ids<Hole>
  /** Maps them. A deal of which one does not map gets its outcome here, before anything is made for it. */
  draft(): Promise<void>
  /** Finds them below these deals' customers, or makes them. A deal of which one is not to be had gets its outcome. */
  bring(cases: readonly Won[], customerOf: (won: Won) => string): Promise<void>
  /** To be asked after `bring`. */
  idsOf(won: Won): Ids
  plannedOf(won: Won): readonly PlannedBelow[]
}

/** What was found or made. */
type Met = Omit<Extract<Brought, { ok: true }>, 'link'> | Extract<Brought, { ok: false }>

interface Named {
  readonly draft: Draft
  readonly ref: RecordRef
  /** The target's id of the customer. */
  readonly customer: string
  readonly key: string
  readonly keyPrefix: string
  readonly label: string
  readonly record: TargetRecord
}

/** One of them, for one deal. */
interface Draft {
  readonly part: BelowPart
  readonly won: Won
  readonly document: Place | Person
  readonly record: TargetRecord
}

export function openBelow(sync: DealSync, cases: readonly Won[], bench: Bench): Below {
  const drafts = new Map<string, Draft[]>()
  const brought = new Map<Draft, Met>()
  const draftsOf = (won: Won): readonly Draft[] => drafts.get(refText(won.ref)) ?? []

  async function draftPart(part: BelowPart): Promise<void> {
    const wanted = cases.flatMap((won) => {
      const document = documentOf(part.name, won.deal)
      return document === null ? [] : [{ won, document }]
    })
    if (wanted.length === 0) return
    const account = { ...(await bench.target.account()) }
    const mapped = await mapOutbound(
      part.mapping,
      wanted.map(({ document }) => ({
        ...{ document: document as Json, op: 'create' as const, account },
        links: { customer: customerHole },
      })),
      bench.lookups,
      bench.deps.evaluator,
    )
    for (const [index, { won, document }] of wanted.entries()) {
      const result = mapped[index]
      const name = refText(won.ref)
      if (result?.ok === true)
        drafts.set(name, [...(drafts.get(name) ?? []), { part, won, document, record: result.value }])
      else if (result?.ok === false) bench.batch.fail(won.ref, result.failures[0])
    }
  }

  async function bringKind(kind: Kind, some: readonly Draft[], customerOf: (won: Won) => string): Promise<void> {
    const account = await bench.source.account()
    const keyFor = (id: string) => keyOf({ system: sync.source.system, account: account.id }, kind.name, id)
    const named = some.map((draft): Named => {
      const customer = customerOf(draft.won)
      // Of both systems: who is linked to another customer of the target has another address there.
      const id = [draft.won.deal.customer?.id ?? '', customer, identityOf(draft)].join('-')
      const ref: RecordRef = { connection: sync.source.name, object: kind.name, id }
      const record = fillHole(draft.record, customerHole, customer)
      return { draft, ref, customer, key: keyFor(id), keyPrefix: keyFor(''), label: labelOf(draft.document), record }
    })
    // Of orders to come: one that has its address already keeps it as long as its deal says the same.
    const coming = new Set(named.flatMap(({ draft, ref }) => (hasOrder(draft.won) ? [] : [refText(ref)])))
    const given = await subjectsOf(kind, named)
    const own = await ownAddresses(
      kind,
      given.filter(({ ref, link, customer }) =>
        isLinked(link) ? link.target.id === customer && coming.has(refText(ref)) : true,
      ),
    )
    const current = await withoutGone(kind, given, own, coming)
    const subjects = current.filter(({ ref }) => !own.has(refText(ref)))
    // Below a customer that is not there yet nothing is to be looked for by what it says.
    const found = await find(
      kind,
      subjects.map(({ record, customer, ...subject }) => ({
        ...subject,
        fields: customer === plannedId ? null : record.fields,
      })),
      bench,
    )
    const missing = subjects.filter(({ ref }) => !found.has(refText(ref)))
    const needed = new Set(named.flatMap(({ draft, ref }) => (isLate(draft.won) ? [] : [refText(ref)])))
    const made = await make(
      kind,
      missing
        .filter(({ ref }) => needed.has(refText(ref)))
        .map(({ record, ...subject }): Ready => ({ ...subject, fields: record.fields, lines: null })),
      bench,
    )
    for (const { draft, ref } of named) {
      const name = refText(ref)
      const result = own.get(name) ?? found.get(name) ?? made.get(name) ?? unmade(draft)
      brought.set(draft, result)
      if (!result.ok) bench.batch.fail(draft.won.ref, result.failure)
    }
  }

  /** Each of them once, with its link. */
  async function subjectsOf(kind: Kind, named: readonly Named[]): Promise<readonly (Subject & Named)[]> {
    const distinct = [...new Map(named.map((one) => [refText(one.ref), one])).values()]
    const known = await bench.links.bySource(
      kind.sync,
      kind.name,
      distinct.map(({ ref }) => ref),
    )
    const links = new Map(known.map((link) => [refText(link.source.ref), link]))
    const fresh = await intend(
      kind,
      distinct.filter(({ ref }) => !links.has(refText(ref))),
      bench,
    )
    for (const link of fresh) links.set(refText(link.source.ref), link)
    return distinct.map((one) => {
      const link = links.get(refText(one.ref))
      if (link === undefined) throw new Error(`the intent for ${one.label} was not stored`)
      return { ...one, link }
    })
  }

  /**
   * Those that say what the customer itself says: nothing is made for them. Orders that have this address keep it by the link,
   * wherever the customer moves.
   */
  async function ownAddresses(kind: Kind, some: readonly (Subject & Named)[]): Promise<ReadonlyMap<string, Met>> {
    const asking = some.flatMap((one) => {
      const fields = ownFields(one)
      return fields === null || one.customer === plannedId ? [] : [{ one, fields }]
    })
    const matches = await bench.find(
      kind.object,
      asking.map(({ fields }) => ({ fields })),
    )
    const met = asking.flatMap(({ one }, index) => {
      const match = matches[index]?.find(({ archived }) => !archived)
      return match === undefined ? [] : [{ one, id: match.id, label: match.label }]
    })
    await bench.links.update(
      met
        .filter(({ one }) => !isLinked(one.link))
        .map(({ one, id, label }) => ({ id: one.link.id, state: 'linked', origin: 'adopted', target: { id, label } })),
    )
    return new Map(
      met.map(({ one, id, label }) => [refText(one.ref), { ok: true, how: 'linked', id, label, by: one.label }]),
    )
  }

  /**
   * A link counts for an order to come as long as its record is there, and as long as the customer says the same where it is the
   * customer itself. Else it is as if it had never led anywhere.
   */
  async function withoutGone(
    kind: Kind,
    subjects: readonly (Subject & Named)[],
    own: ReadonlyMap<string, Met>,
    coming: ReadonlySet<string>,
  ): Promise<readonly (Subject & Named)[]> {
    const asked = subjects.filter(({ ref, link }) => isLinked(link) && coming.has(refText(ref)))
    const records = await bench.read(
      'target',
      kind.object,
      asked.map(({ link }) => link.target.id ?? ''),
      ['id'],
    )
    const gone = new Set(
      asked.flatMap(({ ref, link, customer }, index) => {
        const moved = link.target.id === customer && !own.has(refText(ref))
        return moved || records[index] === null ? [link.id] : []
      }),
    )
    await bench.links.update([...gone].map((id) => ({ id, state: 'unknown', move: true, target: { id: null } })))
    return subjects.map((one) =>
      gone.has(one.link.id)
        ? { ...one, link: { ...one.link, state: 'unknown', target: { ...one.link.target, id: null } } }
        : one,
    )
  }

  return {
    holesOf: ({ deal }) =>
      byName((name) => {
        const used = sync.below.some((part) => part.name === name)
        return used && documentOf(name, deal) !== null ? holes[name] : null
      }),
    async draft() {
      for (const part of sync.below) await draftPart(part)
    },
    async bring(some, customerOf) {
      const all = some.flatMap(draftsOf)
      for (const group of Map.groupBy(all, ({ part }) => part.kind.name).values()) {
        const [first] = group
        if (first !== undefined) await bringKind(first.part.kind, group, customerOf)
      }
    },
    idsOf: (won) =>
      byName((name) => {
        const draft = draftsOf(won).find((one) => one.part.name === name)
        const result = draft === undefined ? undefined : brought.get(draft)
        return result?.ok === true ? result.id : null
      }),
    plannedOf: (won) =>
      draftsOf(won).flatMap((draft): PlannedBelow[] => {
        const result = brought.get(draft)
        if (result?.ok !== true) return []
        const planned = result.how === 'planned'
        return [
          {
            link: draft.part.name,
            id: planned ? null : result.id,
            label: planned ? labelOf(draft.document) : result.label,
            by: result.by === undefined ? null : labelOf(draft.document),
            fields: planned ? draft.record.lineage.filter(({ value }) => value !== customerHole) : [],
          },
        ]
      }),
  }
}

/** Puts ids into the places that were kept for them. */
export const fillBelow = (record: TargetRecord, ids: Ids): TargetRecord =>
  belowNames.reduce((filled, name) => {
    const id = ids[name]
    return id === null ? filled : fillHole(filled, holes[name], id)
  }, record)

const byName = <T>(of: (name: BelowName) => T | null): Ids<T> => ({
  shipTo: of('shipTo'),
  billTo: of('billTo'),
  contact: of('contact'),
})

function documentOf(name: BelowName, deal: Deal): Place | Person | null {
  // A person has nobody below.
  if (name === 'contact')
    return deal.contact === null || deal.customer?.person !== false ? null : { ...trimmed(deal.contact), raw: deal.raw }
  const address = deal[name]
  if (address === null) return null
  const use = name === 'shipTo' ? ('delivery' as const) : ('invoice' as const)
  const place = trimmed(address)
  return { ...place, id: canonicalJson(place), use, raw: deal.raw }
}

/** Whether the deal's order is too far for another address: it will be refused, and nothing is to be made for it. */
const isLate = ({ link }: Won): boolean =>
  link.stage !== null && ['on_its_way', 'over'].includes(conditionOf(link.stage as Stage, { invoices: [] }))

const unmade = ({ document }: Draft): Met => ({ ok: true, how: 'planned', id: plannedId, label: labelOf(document) })

const isLinked = ({ state, target }: Link): boolean => state === 'linked' && target.id !== null

/** What differs in spaces alone is the same. */
const trimmed = <T extends JsonObject>(fields: T): T =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value.trim() || null : value]),
  ) as T

/**
 * Tells one from another below a customer: a contact by its id; an address by what the mapping compares, whatever is written
 * small or large, so that the same place has the same key in every process.
 */
function identityOf({ part: { name, mapping }, document, record }: Draft): string {
  if (name === 'contact') return document.id
  const whole = mapping.match.find((step) => step.whole)?.same ?? Object.keys(record.fields)
  const content = Object.fromEntries(
    whole.map((field) => {
      const value = record.fields[field] ?? null
      return [field, value === customerHole ? null : value]
    }),
  )
  return createHash('sha256').update(canonicalJson(content).toLowerCase()).digest('hex').slice(0, 24)
}

/**
 * What the customer would have to say to be the place: the same, but for the name, which is the customer's or none. Null where
 * it cannot be.
 */
function ownFields({ draft, customer, record }: Named): JsonObject | null {
  const { part, won, document } = draft
  const whole = part.mapping.match.find((step) => step.whole)?.same
  const isOf = (field: string) => part.mapping.fieldLinks[field]?.includes('customer') === true
  const isName = (field: string) => part.mapping.fieldReads[field]?.join() === 'name'
  const named = document.name === null || document.name === won.deal.customer?.name
  if (whole === undefined || !whole.some(isOf) || !named) return null
  const said = whole.filter((field) => !isOf(field) && !isName(field))
  return { id: customer, ...Object.fromEntries(said.map((field) => [field, record.fields[field] ?? null])) }
}

function labelOf(document: Place | Person): string {
  const parts = 'use' in document ? [document.name, document.street, document.zip, document.city] : [document.name]
  const label = parts.filter((part) => part !== null).join(', ')
  return label === '' ? document.id : label
}
