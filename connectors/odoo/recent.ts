import { createHash } from 'node:crypto'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { RemoteRecord } from '../../src/ports/connector.ts'
import { keep } from '../kit/kept.ts'
import type { Row } from './client.ts'

/** How long a state that was read is taken for the state of an order. */
const stateMs = 10_000
/** How long a whole reading stands for a look at what changed; see `compareUnsettledMs` in changes.ts. */
const wholeMs = 3000
/** How long a product is taken for what it was when an order was read that has it. */
const productMs = 60_000
/** More than that are forgotten, and asked for again. */
const keptMax = 5000

/** When a reading began: before or after which writes of ours, and by the server's clock. */
interface Moment {
  readonly order: number
  readonly at: Instant
}

/** What this process read a moment ago, so that nothing is asked for twice. Forgetting costs a call, nothing else. */
export interface Recent {
  begin(): Moment
  /** States of orders, as far as they were read just now and we have not written to the orders since. */
  states(ids: readonly number[]): ReadonlyMap<number, string>
  noteStates(moment: Moment, orders: Iterable<{ readonly id: number; readonly state?: unknown }>): void
  /** We are about to write to these orders. */
  writing(ids: readonly number[]): void
  /** The most that is read of an object's records, by which their versions are told; null before the first reading. */
  widest(object: string): readonly string[] | null
  /** Takes note of a reading; one of the most that is read gives the records their versions. */
  noteReading(
    moment: Moment,
    object: string,
    paths: readonly string[],
    records: readonly (RemoteRecord | null)[],
  ): readonly (RemoteRecord | null)[]
  /** Ids of records that were read whole just now, with the moment by the server's clock. */
  whole(object: string): ReadonlyMap<string, Instant>
  /** Products as orders name them: the same ones over and over. */
  product(id: number): Row | undefined
  noteProducts(rows: readonly Row[]): void
}

export function openRecent(clock: Clock, serverTime: () => Instant): Recent {
  const states = new Map<number, { readonly state: string; readonly at: number }>()
  const written = new Map<number, number>()
  const widest = new Map<string, readonly string[]>()
  const whole = new Map<string, Map<string, Instant>>()
  const products = new Map<number, { readonly row: Row; readonly at: number }>()
  let order = 0
  const now = () => toMillis(clock.now())

  return {
    begin() {
      order += 1
      return { order, at: serverTime() }
    },
    states(ids) {
      const known = ids.flatMap((id): [number, string][] => {
        const one = states.get(id)
        return one !== undefined && Math.abs(now() - one.at) <= stateMs ? [[id, one.state]] : []
      })
      return new Map(known)
    },
    noteStates(moment, orders) {
      for (const { id, state } of orders) {
        // What was read before we wrote, and came after, is of the past.
        if (typeof state === 'string' && (written.get(id) ?? 0) < moment.order)
          keep(states, id, { state, at: now() }, keptMax)
      }
    },
    writing(ids) {
      order += 1
      for (const id of ids) {
        keep(written, id, order, keptMax)
        states.delete(id)
        for (const readings of whole.values()) readings.delete(String(id))
      }
    },
    widest: (object) => widest.get(object) ?? null,
    noteReading(moment, object, paths, records) {
      const known = widest.get(object)
      if (known === undefined || paths.length > known.length) widest.set(object, paths)
      else if (paths !== known && !(paths.length === known.length && paths.every((path) => known.includes(path))))
        return records
      const readings = whole.get(object) ?? new Map<string, Instant>()
      whole.set(object, readings)
      return records.map((record) => {
        if (record === null) return null
        if ((written.get(Number(record.id)) ?? 0) < moment.order) keep(readings, record.id, moment.at, keptMax)
        return { ...record, version: versionOf(record) }
      })
    },
    whole(object) {
      const since = shift(serverTime(), -wholeMs)
      return new Map([...(whole.get(object) ?? [])].filter(([, at]) => at >= since))
    },
    product(id) {
      const known = products.get(id)
      return known !== undefined && Math.abs(now() - known.at) <= productMs ? known.row : undefined
    },
    noteProducts(rows) {
      for (const row of rows) keep(products, row.id, { row, at: now() }, keptMax)
    },
  }
}

/** Tells one state of a record from another. Names come in the order of the paths, so that equal records are equal text. */
export const versionOf = ({ fields }: RemoteRecord): string => digestOf(JSON.stringify(fields))

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64').slice(0, 12)
