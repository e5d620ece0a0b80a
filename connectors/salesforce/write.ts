import type { Json } from '../../src/core/json.ts'
import type { Failure } from '../../src/core/problem.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import type { Client } from './client.ts'
import { encode, type Lines } from './encode.ts'
import { refusalOf, type Told } from './errors.ts'
import { longId } from './id.ts'
import { keyField } from './objects.ts'
import { openPrices } from './prices.ts'
import type { Definitions } from './schema.ts'
import { lost, openSending } from './send.ts'
import type { Settings } from './settings.ts'

/** One record that is sent, and the writes that it came from: the later of two writes of a record is the one that stays. */
interface Outgoing {
  /** The id of a record that is there, or our key of one that is made. */
  readonly name: string
  readonly fields: Record<string, Json>
  readonly lines: Lines[]
  readonly places: number[]
}
type Batch = Map<string, Outgoing>

/**
 * Records two hundred a call: those that are there by their id, new ones by our key, an External ID that is unique. Either
 * may be sent again (see client.ts): setting the same values again changes nothing, and a key has one record. So neither
 * ends as `outcome_unknown` because an answer was lost.
 */
export function openWriting(client: Client, definitions: Definitions, settings: Settings, clock: Clock) {
  const sendAll = openSending(clock)
  const writePrices = openPrices(client, definitions, settings, sendAll)

  return async function write(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const outcomes = new Map<number, WriteOutcome>()
    const batches = new Map<string, { object: string; create: boolean; batch: Batch }>()
    // Descriptions are read anew at most once, however many writes name what is not among them.
    const renewed = new Set<string>()
    for (const [place, one] of writes.entries()) {
      const encoded = await encode(one, definitions, renewed)
      if (!encoded.ok) {
        outcomes.set(place, encoded)
        continue
      }
      const create = one.do === 'create'
      const kind = `${create} ${one.object}`
      const { batch } = batches.get(kind) ?? { batch: new Map() as Batch }
      batches.set(kind, { object: one.object, create, batch })
      // Salesforce refuses what is named twice in a call, and knows keys that differ in case alone for the same.
      const name = create ? encoded.name : longId(encoded.name)
      const identity = create ? name.toLowerCase() : name
      const record = batch.get(identity) ?? { name, fields: {}, lines: [], places: [] }
      batch.set(identity, record)
      Object.assign(record.fields, encoded.fields)
      if (encoded.lines !== null) record.lines.push(encoded.lines)
      record.places.push(place)
    }
    await Promise.all(
      [...batches.values()].map(async ({ object, create, batch }) => {
        const records = [...batch.values()]
        const sent = await (create ? createAll(object, records) : updateAll(object, records))
        const done = await withPrices(records, sent)
        for (const record of records) {
          for (const place of record.places)
            outcomes.set(place, done.get(record) ?? { ok: false, failure: lost(object, record.name) })
        }
      }),
    )
    return writes.map((one, place) => outcomes.get(place) ?? { ok: false, failure: lost(one.object, '') })
  }

  async function updateAll(object: string, records: readonly Outgoing[]): Promise<ReadonlyMap<Outgoing, WriteOutcome>> {
    // A record with nothing to set needs no call.
    const [changed, same] = parted(records, ({ fields }) => Object.keys(fields).length > 0)
    const sent = await sendAll(changed, {
      object,
      name: ({ name }) => name,
      call: (chunk) =>
        client.update(
          object,
          chunk.map(({ name, fields }) => ({ Id: name, ...fields })),
        ),
      refusal: ({ name }, told) => refusalOf(object, name, told),
    })
    const unsent = same.map((record): [Outgoing, WriteOutcome] => [record, { ok: true, id: record.name }])
    const known = [...sent].map(([record, one]): [Outgoing, WriteOutcome] => [
      record,
      one.ok ? { ok: true, id: record.name } : one,
    ])
    return new Map([...unsent, ...known])
  }

  function createAll(object: string, records: readonly Outgoing[]): Promise<ReadonlyMap<Outgoing, WriteOutcome>> {
    return sendAll(records, {
      object,
      name: ({ name }) => name,
      call: (chunk) =>
        client.upsert(
          object,
          keyField,
          chunk.map(({ name, fields }) => ({ ...fields, [keyField]: name })),
        ),
      refusal: ({ name }, told) => createRefusal(object, name, told),
    })
  }

  /** Writes the prices of the products that were written. A product whose prices were refused is not done. */
  async function withPrices(
    records: readonly Outgoing[],
    sent: ReadonlyMap<Outgoing, WriteOutcome>,
  ): Promise<ReadonlyMap<Outgoing, WriteOutcome>> {
    const wanted = new Map<string, readonly Lines[]>()
    for (const record of records) {
      const one = sent.get(record)
      if (one?.ok === true && record.lines.length > 0) wanted.set(one.id, record.lines)
    }
    if (wanted.size === 0) return sent
    const failures: ReadonlyMap<string, Failure> = await writePrices(wanted)
    return new Map(
      [...sent].map(([record, one]): [Outgoing, WriteOutcome] => {
        const failure = one.ok ? failures.get(one.id) : undefined
        return [record, failure === undefined ? one : { ok: false, failure }]
      }),
    )
  }
}

/** Two that made a record for a key at the same moment: the other one was faster, and the next try finds its record. */
function createRefusal(object: string, key: string, told: Told): Failure {
  const refused = refusalOf(object, key, told)
  const raced = told.code === 'DUPLICATE_VALUE' && told.message.includes(keyField)
  return raced ? { ...refused, problem: { kind: 'busy' }, fix: 'Nothing to do: it is tried again.' } : refused
}

function parted<T>(list: readonly T[], belongs: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [list.filter(belongs), list.filter((one) => !belongs(one))]
}
