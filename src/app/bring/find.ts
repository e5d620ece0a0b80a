import type { Json, JsonObject } from '../../core/json.ts'
import type { Failure, Result } from '../../core/problem.ts'
import { refText } from '../../core/ref.ts'
import type { MatchStep } from '../../mapping/compile/match.ts'
import type { Match } from '../../ports/connector.ts'
import type { Link, LinkUpdate } from '../../ports/ledger/links.ts'
import type { Bench } from '../bench/bench.ts'
import { together } from '../bench/together.ts'
import type { Brought, Kind, Sought, Subject } from './kind.ts'
import { stepOf } from './state.ts'

/**
 * Finds what the target has already: by link, by our key, by the kind's `match` (strict: several hits are a failure). Hits are
 * linked.
 * @param mapping  makes the fields of those that are not linked, by `refText` of the source, while their keys are asked for;
 *   who cannot be mapped gets the failure, whatever the target has
 * @returns by `refText` of the source; what is absent is missing and may be created
 */
export async function find(
  kind: Kind,
  subjects: readonly Sought[],
  bench: Bench,
  mapping?: (open: readonly Sought[]) => Promise<ReadonlyMap<string, Result<JsonObject>>>,
): Promise<ReadonlyMap<string, Brought>> {
  const finding = openFinding(kind, bench)
  const open = subjects.filter((subject) => {
    const { id } = subject.link.target
    if (subject.link.state !== 'linked' || id === null) return true
    finding.known(subject, subject.link, id)
    return false
  })
  const [keyed, mapped] = await together([
    bench.find(
      kind.object,
      open.map(({ key }) => ({ key })),
    ),
    mapping?.(open) ?? Promise.resolve(null),
  ])
  const sought: Sought[] = []
  for (const [index, subject] of open.entries()) {
    const own = mapped?.get(refText(subject.ref))
    const match = keyed[index]?.[0]
    if (own?.ok === false) finding.refuse(subject, own.failure)
    else if (match !== undefined) finding.take(subject, match, stepOf(subject.link.state, true))
    sought.push(own?.ok === true ? { ...subject, fields: own.value } : subject)
  }
  for (const step of kind.match) await finding.byStep(step, sought)
  return finding.end()
}

function openFinding(kind: Kind, bench: Bench) {
  const brought = new Map<string, Brought>()
  const taken = new Map<string, { subject: Sought; match: Match }>()
  const updates: LinkUpdate[] = []

  const known = (subject: Subject, link: Link, id: string) =>
    void brought.set(refText(subject.ref), { ok: true, how: 'linked', id, link, label: link.target.label })

  const refuse = (subject: Subject, failure: Failure) => void brought.set(refText(subject.ref), { ok: false, failure })

  function take(subject: Sought, match: Match, step: ReturnType<typeof stepOf>, by?: string): void {
    const { link } = subject
    // A record with our key was created by us, whether or not this ledger remembers it.
    const origin = match.key === subject.key ? 'created' : 'adopted'
    const target = { ...link.target, id: match.id, label: match.label }
    brought.set(refText(subject.ref), {
      ok: true,
      how: step === 'recover' ? 'recovered' : 'adopted',
      id: match.id,
      link: { ...link, state: 'linked', origin, target },
      label: match.label,
      ...(by === undefined ? {} : { by }),
    })
    taken.set(link.id, { subject, match })
    updates.push({
      id: link.id,
      state: 'linked',
      origin,
      target: { id: match.id, label: match.label },
    })
  }

  async function byStep(step: MatchStep, subjects: readonly Sought[]): Promise<void> {
    const asking = subjects.filter(
      ({ ref, fields }) =>
        !brought.has(refText(ref)) &&
        fields !== null &&
        (step.whole || step.same.every((name) => !isBlank(fields[name]))),
    )
    if (asking.length === 0) return
    const found = await bench.find(
      kind.object,
      asking.map(({ fields }) => ({ fields: pick(fields ?? {}, step.same) })),
    )
    const ids = [...new Set(found.flatMap((matches) => matches.map((match) => match.id)))]
    const connection = bench.target.name
    const linked = await bench.links.byTarget(
      kind.name,
      ids.map((id) => ({ connection, object: kind.object, id })),
    )
    const owners = new Map(linked.filter((link) => link.sync === kind.sync).map((link) => [link.target.id, link]))
    const asked = new Map<string, Sought>()
    for (const [index, subject] of asking.entries()) {
      const values = step.same.map((name) => subject.fields?.[name])
      const by = values
        .filter((value) => !isBlank(value))
        .map(String)
        .join(' / ')
      const twin = asked.get(by.toLowerCase())
      asked.set(by.toLowerCase(), subject)
      decide(subject, { by, identity: step.identity, twin }, found[index] ?? [], owners)
    }
  }

  function decide(
    subject: Sought,
    { by, identity, twin }: { by: string; identity: boolean; twin: Sought | undefined },
    found: readonly Match[],
    owners: ReadonlyMap<string | null, Link>,
  ): void {
    const isOwn = (match: Match) => match.key === subject.key || owners.get(match.id)?.id === subject.link.id
    // Another worker has just created or adopted it, for the same record of the source.
    const own = found.find(isOwn)
    if (own !== undefined) {
      take(subject, own, owners.get(own.id)?.origin === 'adopted' ? 'adopt' : 'recover')
      return
    }
    if (kind.alike === 'same') {
      // An archived one was put aside by a person.
      const there = found.find((match) => !match.archived)
      if (there !== undefined) take(subject, there, 'adopt', by)
      return
    }
    // Alike is not the same: one that we created for another record of the source belongs to that one. An identity is the same.
    const matches = found.filter(
      (match) => identity || (owners.get(match.id)?.origin !== 'created' && !isOthersKey(match, subject)),
    )
    const [only, second] = matches
    if (only === undefined && (twin === undefined || !identity)) return
    const owner = only === undefined || second !== undefined ? undefined : owners.get(only.id)?.source
    const foreign = only !== undefined && second === undefined && isOthersKey(only, subject) ? only.key : null
    const whose = owner === undefined ? (twin?.label ?? foreign) : (owner.label ?? owner.ref.id)
    if (only === undefined || second !== undefined || only.archived || whose !== null) {
      refuse(subject, kind.texts.ambiguous(subject, by, matches, whose))
      return
    }
    take(subject, only, 'adopt', by)
  }

  /** Links what was taken. Where another worker has linked the record meanwhile, its link counts. */
  async function end(): Promise<ReadonlyMap<string, Brought>> {
    if (updates.length === 0) return brought
    const refused = new Set(await bench.links.update(updates))
    if (refused.size === 0 && !kind.shared) return brought
    const now = await bench.links.bySource(
      kind.sync,
      kind.name,
      [...taken.values()].map(({ subject }) => subject.ref),
    )
    const links = new Map(now.map((link) => [link.id, link]))
    for (const [id, { subject, match }] of taken) {
      const link = links.get(id)
      if (link?.state === 'linked' && link.target.id !== null) {
        if (link.target.id !== match.id) known(subject, link, link.target.id)
      } else if (refused.has(id)) {
        refuse(subject, kind.texts.ambiguous(subject, subject.label, [match], 'another record of the source'))
      }
    }
    return brought
  }

  return { known, refuse, take, byStep, end }
}

const isBlank = (value: Json | undefined) => value === undefined || value === null || value === ''

const pick = (fields: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, fields[name] ?? null]))

/** Whether a match carries our key of another record of the same account: found after the ledger was lost. */
const isOthersKey = (match: Match, { key, keyPrefix }: Subject) =>
  match.key !== null && match.key !== key && match.key.startsWith(keyPrefix)
