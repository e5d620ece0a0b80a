import type { Crosswalk } from '../app/crosswalk.ts'
import { paintOf } from '../cli/paint.ts'
import { wrap } from '../cli/text.ts'
import type { SimulatedErp } from '../simulator/world.ts'
import { systemClock } from './clock.ts'
import type { PlayRequest } from './demo-control.ts'
import type { Shop } from './demo-deals.ts'
import { watchDemo } from './demo-watch.ts'

/** Longer than any step takes on a busy machine; then whoever waits is told where to look. */
const followMs = 30_000
const everyMs = 400
/** What a person waits for: the order stands, or a problem says why not. */
const settled: ReadonlySet<string> = new Set(['confirmed', 'problem', 'updated', 'unchanged'])

interface Stage {
  readonly crosswalk: Crosswalk
  readonly shop: Shop
  readonly erp: SimulatedErp
  readonly erpName: string
  readonly titles: { readonly erp: string }
}

/** Does what is asked of a running demo, and tells what comes of it. */
export function openPlay({ crosswalk, shop, erp, erpName, titles }: Stage) {
  let broken = false

  return async ({ play, look }: PlayRequest, print: (text: string) => void, signal: AbortSignal): Promise<void> => {
    const say = (text: string, indent = '') =>
      print(
        wrap(text, look.columns - indent.length)
          .map((line) => `${indent}${line}\n`)
          .join(''),
      )

    /** Shows the new steps of a deal's timeline, until there is one that people wait for. */
    async function follow(deal: string, seen: number): Promise<void> {
      const until = Date.now() + followMs
      let shown = seen
      while (!signal.aborted && Date.now() < until) {
        const entries = await crosswalk.timeline({ id: deal })
        for (const { event, text } of entries.slice(shown)) say(`${event.replaceAll('_', ' ')}: ${text}`, '  ')
        const fresh = entries.slice(shown)
        shown = entries.length
        if (fresh.some(({ event }) => settled.has(event))) break
        if (broken && fresh.length === 0 && Date.now() > until - followMs + 5_000) {
          say(
            `It waits: ${titles.erp} does not work. \`npx crosswalk demo ask status\` shows why, \`npx crosswalk demo mend\` ends it.`,
            '  ',
          )
          return
        }
        await systemClock.sleep(everyMs, signal)
      }
      say(`All of it: \`npx crosswalk demo ask timeline deal ${deal}\``, '  ')
    }
    const stepsOf = async (deal: string) => (await crosswalk.timeline({ id: deal })).length

    switch (play.do) {
      case 'win': {
        const { deal, text } = shop.win()
        say(text)
        return follow(deal, 0)
      }
      case 'amend': {
        const steps = play.deal === null ? null : await stepsOf(play.deal)
        let done = shop.amend(play.deal ?? undefined)
        if (done === null && play.deal !== null) {
          return say(`There is no deal ${play.deal}. \`npx crosswalk demo ask deals\` lists them.`)
        }
        if (done === null) {
          const { deal, text } = shop.win()
          say(`All that was won is shipped already. ${text}`)
          await follow(deal, 0)
          done = shop.amend(deal)
        }
        if (done === null) return
        say(done.text)
        return follow(done.deal, steps ?? (await stepsOf(done.deal)))
      }
      case 'break':
        erp.clearFaults()
        erp.fault({
          ...(play.how === 'down' ? ({ kind: 'refuse' } as const) : erp.trouble.loginExpired),
          match: {},
          times: Number.MAX_SAFE_INTEGER,
        })
        broken = true
        say(
          `${titles.erp} ${play.how === 'down' ? 'is down' : 'refuses the login'} now. Win a deal: it waits, nothing is lost. \`npx crosswalk demo ask status\` shows the connection paused, \`npx crosswalk demo mend\` ends it.`,
        )
        return
      case 'mend':
        return broken ? mendErp() : mendProblem()
      case 'watch':
        return watchDemo(
          crosswalk,
          { paint: paintOf(look.color), columns: look.columns, zone: look.zone },
          print,
          signal,
        )
    }

    async function mendErp(): Promise<void> {
      erp.clearFaults()
      broken = false
      const [check] = await crosswalk.check([erpName])
      say(
        check?.failure === null
          ? `${titles.erp} works again. What waited is delivered now: \`npx crosswalk demo watch\``
          : `${titles.erp} works again; Crosswalk tries it within a minute.`,
      )
    }

    async function mendProblem(): Promise<void> {
      for (const { id, records } of await crosswalk.problems({ sync: 'orders', max: 100 })) {
        for (const { id: deal } of records) {
          const steps = await stepsOf(deal)
          const done = shop.correct(deal)
          if (done === null) continue
          say(`Problem ${id}: ${done.text}. It is tried again.`)
          await crosswalk.retry({ problem: id })
          return follow(deal, steps + 1)
        }
      }
      say('Nothing is broken. `npx crosswalk demo break` breaks something.')
    }
  }
}
