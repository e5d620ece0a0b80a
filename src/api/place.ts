import { z } from 'zod'
import type { Direction, Place } from '../ports/ledger/page.ts'
import { Refusal } from './problem-reply.ts'

interface Sorting {
  readonly sort: string
  readonly direction: Direction
}

const stored = z.tuple([z.string(), z.enum(['asc', 'desc']), z.string(), z.string().regex(/^\d{1,18}$/)])
/** By the list's sort: what its keys look like; those of others are text. */
const forms: Readonly<Record<string, (key: string) => boolean>> = {
  amount: (key) => /^(-?\d{1,60}(\.\d{1,60})?|-Infinity)$/.test(key),
  updated: isMoment,
  seen: isMoment,
}
/** Lists in the order in which their rows came; the id is all of the place. */
const ofIds = ['created', 'opened']

/** What a reply gives as `next`. */
export function placeText({ sort, direction }: Sorting, place: Place | null): string | null {
  if (place === null) return null
  if (ofIds.includes(sort)) return place.id
  return Buffer.from(JSON.stringify([sort, direction, place.key, place.id])).toString('base64url')
}

/** @throws Refusal for one of another list, or of the same list in another order */
export function placeOf({ sort, direction }: Sorting, text: string | undefined): { after?: Place } {
  if (text === undefined) return {}
  if (ofIds.includes(sort) && /^\d{1,18}$/.test(text)) return { after: { key: text, id: text } }
  const [ofSort, ofDirection, key = '', id = ''] = read(text) ?? []
  const isRight = ofSort === sort && ofDirection === direction && (forms[sort]?.(key) ?? true)
  if (!isRight) throw new Refusal('malformed', 'query.after: is `next` of a reply with the same sort and order')
  return { after: { key, id } }
}

function read(text: string): z.output<typeof stored> | null {
  try {
    return stored.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** As PostgreSQL writes it, in UTC. */
function isMoment(key: string): boolean {
  const [, date, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)\+00$/.exec(key) ?? []
  return date !== undefined && !Number.isNaN(Date.parse(`${date}T${time}Z`))
}
