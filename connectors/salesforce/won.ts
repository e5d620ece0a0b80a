import { isObject, type Json } from '../../src/core/json.ts'
import { parseInstant } from '../../src/core/time.ts'
import { once } from '../kit/once.ts'
import { lastWin, type Win, wonFields } from '../kit/wins.ts'
import type { Client, Row } from './client.ts'

/** What paths call the changes of an opportunity's stage, which Salesforce keeps for every one. */
export const histories = 'OpportunityHistories'
export const historyFields: readonly string[] = ['StageName', 'CreatedDate']
/** Beside the list itself, to tell a stage that was made just now. */
export const winColumns: readonly string[] = ['StageName', 'IsWon']

export const isWonField = (object: string, name: string): name is keyof typeof wonFields =>
  object === 'Opportunity' && Object.hasOwn(wonFields, name)

/** Whether a stage counts as won, by its name in small letters. */
export type Stages = ReadonlyMap<string, boolean>

/** All stages, those that are used no more among them, asked for once. */
export const openStages = (client: Client): (() => Promise<Stages>) =>
  once(async () => {
    const found = new Map<string, boolean>()
    let page = await client.query('SELECT ApiName, MasterLabel, IsWon FROM OpportunityStage')
    for (;;) {
      for (const { ApiName, MasterLabel, IsWon } of page.rows) {
        for (const name of [MasterLabel, ApiName]) found.set(nameOf(name), IsWon === true)
      }
      if (page.next === null) return found
      page = await client.more(page.next)
    }
  })

const nameOf = (name: Json | undefined): string => String(name ?? '').toLowerCase()

/** When an opportunity was won, by its history. */
export function winOf(row: Row, list: readonly Row[], stages: Stages): Win | null {
  if (row.IsWon !== true) return null
  const wonNow = nameOf(row.StageName)
  const entries = list.filter(isObject).flatMap(({ StageName, CreatedDate }) => {
    const at = parseInstant(CreatedDate)
    const name = nameOf(StageName)
    return at === null ? [] : [{ at, won: name === wonNow ? true : (stages.get(name) ?? null) }]
  })
  return lastWin(entries.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)))
}
