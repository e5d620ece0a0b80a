import { createHash } from 'node:crypto'
import { parseInstant, toMillis } from '../../src/core/time.ts'
import { keep } from '../kit/kept.ts'
import type { Association, Row } from './client.ts'
import { type DealRelation, modifiedProperty } from './schema.ts'
import { writeBack } from './setup.ts'

/** What a reading asks of deals. */
export interface Way {
  readonly properties: readonly string[]
  readonly relations: readonly DealRelation[]
  /** The contacts of deals without a company. */
  readonly person: boolean
}
/** What a deal is linked to, as far as it was asked for. */
export type DealLinks = Readonly<Partial<Record<DealRelation, readonly Association[]>>>

/**
 * What this process wrote onto deals and how it reads them: enough to tell a deal that nobody but us has touched since it
 * was read, see docs/decisions/0012-echo.md. What is forgotten is read again.
 */
export interface Echo {
  /** Takes note of an update of ours, and of HubSpot's answer to it. */
  wrote(object: string, properties: Iterable<string>, rows: readonly Row[]): void
  /** Whether the last change of a deal is ours, as far as the time of the change tells. */
  isOwn(id: string, at: number): boolean
  /** Nothing to be recognised. */
  isEmpty(): boolean
  /** Takes note of a way of reading deals. */
  readIn(way: Way): void
  ways(): readonly Way[]
  /** Whether a deal's property is there for us to write, and read by nobody: what becomes of it changes no order. */
  isShown(property: string): boolean
}

const writesMax = 50_000
const waysMax = 4

export function openEcho(): Echo {
  const writes = new Map<string, number>()
  const ways = new Map<string, Way>()
  const written = new Set(writeBack.map(({ name }) => name))
  return {
    wrote(object, properties, rows) {
      if (object !== 'deals') return
      for (const name of properties) written.add(name)
      for (const { id, properties: values, changedAt } of rows) {
        const told = parseInstant(values[modifiedProperty(object)])
        const at = told === null ? changedAt : toMillis(told)
        if (at !== null) keep(writes, id, at, writesMax)
      }
    },
    isOwn: (id, at) => writes.get(id) === at,
    isEmpty: () => writes.size === 0 || ways.size === 0,
    readIn: (way) => keep(ways, JSON.stringify(way), way, waysMax),
    ways: () => [...ways.values()],
    isShown: (property) =>
      written.has(property) && ![...ways.values()].some((way) => way.properties.includes(property)),
  }
}

/** Tells one state of a deal from another, as far as the deal itself and its links go. */
export function versionOf(way: Way, properties: Row['properties'], links: DealLinks): string {
  const idsOf = (relation: DealRelation) => (links[relation] ?? []).map(({ id }) => id)
  const companies = (links.companies ?? []).map(({ id, types }) => [id, types.toSorted((a, b) => a - b)])
  const state = [
    way.properties.map((name) => [name, properties[name] || null]),
    way.relations.includes('line_items') ? idsOf('line_items') : null,
    way.relations.includes('companies') || way.person ? companies : null,
    way.relations.includes('contacts') || (way.person && companies.length === 0) ? idsOf('contacts') : null,
  ]
  return createHash('sha256').update(JSON.stringify(state)).digest('base64').slice(0, 16)
}
