import { parseInstant, shift } from '../../src/core/time.ts'
import { chunks } from '../kit/chunks.ts'
import { onceEach } from '../kit/once.ts'
import { lastWin, type Win } from '../kit/wins.ts'
import { type Client, limits, type Row } from './client.ts'
import type { Definitions } from './schema.ts'

export interface Wins {
  /** Properties of a deal that mostly tell when it was won. */
  needs(): Promise<readonly string[]>
  /** When each of these deals was won, by id; null where nothing tells. Those that are not won are not among them. */
  of(rows: readonly Row[]): Promise<ReadonlyMap<string, Win | null>>
}

// When the deal came into the stage that it is in, and into a stage.
const intoCurrent = 'hs_v2_date_entered_current_stage'
const into = (stage: string): string => `hs_v2_date_entered_${stage}`
/** A deal that came into its stage so soon after it was made was made in it. */
const makingMs = 60_000

/**
 * When deals were won, by HubSpot's own record of their stages: the close date is one that people type. The dates that HubSpot
 * keeps for each stage tell it where a deal has been in one won stage alone; for others the history of the stage is
 * read, fifty deals a call.
 */
export function openWins(client: Client, definitions: Definitions): Wins {
  const stages = onceEach(async (object: string): Promise<ReadonlyMap<string, boolean>> => {
    const pipelines = await client.pipelines(object)
    return new Map(pipelines.flatMap(({ stages }) => stages.map(({ id, won }) => [id, won] as const)))
  })

  async function needs(): Promise<readonly string[]> {
    const [known, all] = await Promise.all([definitions.properties('deals'), stages.of('deals')])
    const won = [...all].flatMap(([id, isWon]) => (isWon ? [into(id)] : []))
    return ['dealstage', 'hs_is_closed_won', 'createdate', intoCurrent, ...won].filter((name) => known.has(name))
  }

  /** What the dates of the stages tell; null where they do not tell enough. */
  function byDates({ properties }: Row, won: readonly string[]): Win | null {
    const entered = won.filter((stage) => properties[into(stage)])
    const current = properties.dealstage ?? ''
    const at = parseInstant(properties[into(current)])
    if (at === null || entered.length !== 1 || entered[0] !== current) return null
    const latest = parseInstant(properties[intoCurrent])
    if (latest !== null && latest !== at) return null
    const made = parseInstant(properties.createdate)
    return { at, made: made !== null && at <= shift(made, makingMs) }
  }

  async function byHistory(ids: readonly string[], all: ReadonlyMap<string, boolean>) {
    const found = new Map<string, Win | null>()
    await Promise.all(
      chunks(ids, limits.histories).map(async (chunk) => {
        const histories = await client.histories('deals', chunk, 'dealstage')
        for (const [id, values] of histories) {
          found.set(id, lastWin(values.map(({ value, at }) => ({ at, won: all.get(value) ?? null }))))
        }
      }),
    )
    return found
  }

  return {
    needs,
    async of(rows) {
      const won = rows.filter((row) => row.properties.hs_is_closed_won === 'true')
      let all = await stages.of('deals')
      if (won.some((row) => !all.has(row.properties.dealstage ?? ''))) {
        // Someone made a stage since.
        stages.forget('deals')
        all = await stages.of('deals')
      }
      const wonStages = [...all].flatMap(([id, isWon]) => (isWon ? [id] : []))
      const found = new Map<string, Win | null>(won.map((row) => [row.id, byDates(row, wonStages)]))
      const open = [...found].flatMap(([id, win]) => (win === null ? [id] : []))
      for (const [id, win] of await byHistory(open, all)) found.set(id, win)
      return found
    },
  }
}
