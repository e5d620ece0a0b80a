import type { JsonObject } from '../../core/json.ts'
import { refText } from '../../core/ref.ts'
import { changedFields, storedOf } from '../../plan/difference.ts'
import type { Write, WriteOutcome } from '../../ports/connector.ts'
import type { LinkUpdate } from '../../ports/ledger/links.ts'
import { madeCount } from '../bench/batch.ts'
import type { Bench } from '../bench/bench.ts'
import { inParts } from '../bench/in-parts.ts'
import type { Brought, Kind, Ready } from './kind.ts'
import { stateAfter } from './state.ts'

/** Stands for the id of a record that a dry run did not create. */
export const plannedId = 'new'

/**
 * Creates what `find` did not find: sent → create → linked, rejected or unknown. In a dry run it is planned.
 * @returns by `refText` of the source, one for each
 */
export async function make(
  kind: Kind,
  subjects: readonly Ready[],
  bench: Bench,
): Promise<ReadonlyMap<string, Brought>> {
  const brought = new Map<string, Brought>()
  const put = (subject: Ready, result: Brought) => void brought.set(refText(subject.ref), result)
  if (subjects.length === 0) return brought
  if (kind.whenMissing === 'hold') {
    for (const subject of subjects) put(subject, { ok: false, failure: kind.texts.missing(subject) })
    return brought
  }
  if (bench.mode !== 'live') {
    for (const subject of subjects) {
      put(subject, { ok: true, how: 'planned', id: plannedId, link: subject.link, label: null })
    }
    return brought
  }
  // A create that was sent before was granted before.
  const first = kind.guarded ? subjects.filter((subject) => subject.link.state === 'intended') : []
  const refused = first.length === 0 ? null : await bench.guard(first.length, 'take')
  if (refused !== null) for (const subject of first) put(subject, { ok: false, failure: refused })
  const sending = refused === null ? subjects : subjects.filter((subject) => !first.includes(subject))
  await inParts(sending, async (part) => {
    for (const [name, result] of await makeSome(kind, part, bench)) brought.set(name, result)
  })
  return brought
}

async function makeSome(kind: Kind, subjects: readonly Ready[], bench: Bench): Promise<ReadonlyMap<string, Brought>> {
  const brought = new Map<string, Brought>()
  const put = (subject: Ready, result: Brought) => void brought.set(refText(subject.ref), result)
  bench.stillMine()
  await bench.links.update(
    subjects.map(({ link, label }) => ({ id: link.id, state: 'sent' as const, source: { label } })),
  )
  const finished = kind.shared ? await linkedNow(kind, subjects, bench) : new Map<string, Brought>()
  for (const [name, result] of finished) brought.set(name, result)
  const sending = subjects.filter(({ ref }) => !finished.has(refText(ref)))
  const outcomes = await bench.send(
    'target',
    sending.map((subject) => createOf(kind, subject)),
  )
  const found = kind.shared ? await foundAfterRefusal(kind, sending, outcomes, bench) : new Map<string, string>()

  const updates: LinkUpdate[] = []
  const made: { subject: Ready; id: string }[] = []
  for (const [index, subject] of sending.entries()) {
    const outcome = outcomes[index]
    const id = outcome?.ok === true ? outcome.id : found.get(refText(subject.ref))
    if (id !== undefined) {
      made.push({ subject, id })
      updates.push({
        id: subject.link.id,
        state: 'linked',
        origin: 'created',
        ...(kind.firstStage === null ? {} : { stage: kind.firstStage }),
        target: { id, written: writtenBy(subject) },
      })
    } else if (outcome?.ok === false) {
      put(subject, outcome)
      updates.push({ id: subject.link.id, state: stateAfter(outcome.failure.problem) })
    }
  }
  const conflicts = new Set(await bench.links.update(updates))
  for (const { subject, id } of made) {
    const { link } = subject
    if (conflicts.has(link.id)) put(subject, { ok: false, failure: kind.texts.taken(subject, id) })
    else {
      const linked = { ...link, state: 'linked' as const, origin: 'created' as const, target: { ...link.target, id } }
      put(subject, { ok: true, how: 'created', id, link: linked, label: null })
    }
  }
  // Another worker may have linked it meanwhile, to a record that a person made just now: what the ledger says counts.
  for (const [name, result] of kind.shared ? await linkedNow(kind, sending, bench) : []) {
    const own = brought.get(name)
    if (result.ok && !(own?.ok === true && own.id === result.id)) brought.set(name, result)
  }
  if (kind.guarded && made.length > conflicts.size) bench.batch.tally(madeCount, made.length - conflicts.size)
  return brought
}

/** What has no value is left out: said to be empty, it would keep the target from filling it in by itself. */
const createOf = ({ object }: Kind, { key, fields, lines }: Ready): Write => ({
  do: 'create',
  object,
  key,
  fields: changedFields({}, fields),
  lines:
    lines === null
      ? null
      : {
          field: lines.field,
          upsert: lines.items.map((line) => ({ key: line.key, fields: changedFields({}, line.fields) })),
          remove: [],
        },
})

const writtenBy = (subject: Ready): JsonObject => {
  const { fields, said } = subject
  return storedOf({ fields, lines: linesOf(subject), confirmed: false, ...(said === undefined ? {} : { said }) })
}
const linesOf = ({ lines }: Ready) => Object.fromEntries((lines?.items ?? []).map((line) => [line.key, line.fields]))

/** What another worker has linked since it was looked for. */
async function linkedNow(kind: Kind, subjects: readonly Ready[], bench: Bench): Promise<Map<string, Brought>> {
  const links = await bench.links.bySource(
    kind.sync,
    kind.name,
    subjects.map(({ ref }) => ref),
  )
  return new Map(
    links.flatMap((link): [string, Brought][] => {
      const { id, label } = link.target
      const finished = link.state === 'linked' && id !== null
      return finished ? [[refText(link.source.ref), { ok: true, how: 'linked', id, link, label }]] : []
    }),
  )
}

/** Refused because another worker was creating the same one at this moment: then the record with our key is the one. */
async function foundAfterRefusal(
  kind: Kind,
  subjects: readonly Ready[],
  outcomes: readonly WriteOutcome[],
  bench: Bench,
): Promise<Map<string, string>> {
  const refused = subjects.filter((_, index) => {
    const outcome = outcomes[index]
    return outcome?.ok === false && ['record_rejected', 'busy'].includes(outcome.failure.problem.kind)
  })
  const matches = await bench.find(
    kind.object,
    refused.map(({ key }) => ({ key })),
  )
  return new Map(
    refused.flatMap((subject, index) => {
      const match = matches[index]?.[0]
      return match === undefined || match.archived ? [] : [[refText(subject.ref), match.id] as const]
    }),
  )
}
