import pg from 'pg'
import { type Embedded, startEmbedded } from '../../src/ledger/embedded.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { isMatch, type Match, type Simulator } from '../../src/simulator/server.ts'
import { silentLog, someKeys } from '../ledger/fresh-ledger.ts'
import type { ProjectFolder } from '../project-folder.ts'

/*
 * Kills aimed at the moments where something is in doubt. The systems are simulated here, so that it is seen which
 * request the process has sent and whether it was answered: at one of these moments, or a few milliseconds after, it is
 * killed.
 */

/** What is in doubt when a process dies. */
const windows = {
  create: 'between an order sent and linked',
  confirm: 'between made and confirmed',
  report: 'between confirmed and written back',
  elsewhere: 'at another moment',
} as const
type Window = keyof typeof windows
/** How many kills struck in each window. */
type Hits = Readonly<Record<Window, number>>

type Moment =
  | 'create arrived'
  | 'create answered'
  | 'order looked at'
  | 'confirm arrived'
  | 'confirm answered'
  | 'report arrived'
interface Aim {
  /** Null is any time. */
  readonly moment: Moment | null
  /** How many such moments of the run are let go by. */
  readonly skip: number
  /** A share of what the aim leaves open: of the milliseconds after the moment, or of the run's time. */
  readonly share: number
}
// As long as a request takes with the latency that the simulators are given.
const delayMaxMs = 5
/** Dealt out until it is used up, in another order each time, so that a few kills strike in all windows already. */
const deck: readonly (Moment | null)[] = [
  'create arrived',
  'create arrived',
  'create answered',
  'create answered',
  'order looked at',
  'order looked at',
  'confirm arrived',
  'confirm answered',
  'confirm answered',
  'report arrived',
  null,
  null,
]

/** Both systems, as far as kills are aimed by what arrives there. */
interface Systems {
  readonly crm: { readonly simulator: Pick<Simulator, 'watch'>; readonly report: Match }
  readonly erp: { readonly simulator: Pick<Simulator, 'watch'>; readonly create: Match; readonly confirm: Match }
}

interface Options {
  readonly systems: Systems
  readonly kills: number
  readonly seed: number
  /** When it is up, the kills so far are enough if they are not below the floor; twice of it is the end. */
  readonly budgetMs: number
  /** Called before each run: wins a few deals. */
  more(round: number): void
}
interface Kills {
  readonly killed: number
  /** Runs that ended by themselves. */
  readonly ended: number
  readonly hits: Hits
  readonly seconds: number
  /** Windows that were struck less often than the floor asks for, and `kills` when there were too few in all. */
  readonly short: readonly string[]
}
const floor = { kills: 15, window: 2 }

/**
 * Starts `crosswalk run` again and again and kills it with SIGKILL. The database is kept up by this process, as another
 * instance would; every tenth time it is let go as well, so that it is started anew from what the disk holds. At the end
 * what the dead held is due.
 */
export async function killRuns(folder: ProjectFolder, options: Options): Promise<Kills> {
  const aims = dealAims(options.seed)
  const sight = watchRuns(options.systems)
  const hits = { create: 0, confirm: 0, report: 0, elsewhere: 0 }
  const startedAt = performance.now()
  let killed = 0
  let ended = 0
  let database = await startEmbedded(folder.home)
  const ms = () => performance.now() - startedAt
  const short = () => [
    ...(killed < floor.kills ? [`${killed} kills in all`] : []),
    ...(['create', 'confirm', 'report'] as const)
      // What an ERP does not do, such as confirming, leaves nothing in doubt.
      .filter((window) => hits[window] < floor.window && (window !== 'confirm' || sight.confirms()))
      .map((window) => `${hits[window]} ${windows[window]}`),
  ]
  const goesOn = () => killed < options.kills && ms() < options.budgetMs * (short().length === 0 ? 1 : 2)
  try {
    options.more(0)
    let spanMs = await letRun(folder)
    for (let round = 1; goesOn(); round += 1) {
      if (round % 10 === 9) {
        await database.close()
        database = await startEmbedded(folder.home)
      }
      // What a kill left half done is taken up again, and the next kill may strike it there.
      if (round % 3 === 0) await passAnHour(database)
      options.more(round)
      const aim = aims()
      const child = folder.cli('run', '--json')
      const runAt = performance.now()
      let struck: Window = 'elsewhere'
      const strike = () => {
        struck = sight.window()
        child.kill('SIGKILL')
      }
      // The first part of a run is the start of the program, which does nothing yet.
      const anyTimeMs = spanMs * (0.3 + 0.7 * aim.share)
      const timer = aim.moment === null ? setTimeout(strike, anyTimeMs) : null
      sight.begin(aim, strike)
      const { code } = await child.done
      if (timer !== null) clearTimeout(timer)
      sight.end()
      if (code === null) {
        killed += 1
        hits[struck] += 1
      } else {
        ended += 1
        spanMs = performance.now() - runAt
      }
    }
    await passAnHour(database)
  } finally {
    sight.close()
    await database.close()
  }
  return { killed, ended, hits, seconds: Math.round(ms() / 1000), short: short() }
}

export const killSummary = ({ killed, ended, hits, seconds }: Kills, seed: number): string =>
  `${killed} kills in ${seconds} s with CROSSWALK_SEED=${seed}: ` +
  Object.entries(windows)
    .map(([window, text]) => `${hits[window as Window]} ${text}`)
    .join(', ') +
  `; ${ended} runs ended by themselves`

async function letRun(folder: ProjectFolder): Promise<number> {
  const startedAt = performance.now()
  await folder.cli('run', '--json').done
  return performance.now() - startedAt
}

/** As if an hour had passed under a server: the leases of the dead are over and swept, and what was put off is due. */
export async function passAnHour({ connection }: Embedded): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  const ledger = await openLedger({ connection, vaultKeys: someKeys(), log: silentLog })
  try {
    await client.query(`update crosswalk.inbox set lease_until = lease_until - interval '1 hour'`)
    await ledger.inbox.free()
    await client.query('update crosswalk.inbox set due_at = least(due_at, statement_timestamp())')
  } finally {
    await ledger.close()
    await client.end()
  }
}

/** Aims that come out the same again from the same seed. */
function dealAims(seed: number): () => Aim {
  let state = seed % 2_147_483_647
  const random = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  let left: (Moment | null)[] = []
  return () => {
    if (left.length === 0) left = [...deck]
    const [moment = null] = left.splice(Math.floor(random() * left.length), 1)
    return { moment, skip: random() < 0.2 ? 1 : 0, share: random() }
  }
}

/** Watches what a process asks of the systems: what is in doubt by now, and the moment that is aimed at. */
function watchRuns({ crm, erp }: Systems) {
  let window: Window = 'elsewhere'
  let creating = 0
  let confirms = false
  let aimed: { readonly aim: Aim; skip: number; readonly strike: () => void } | null = null
  let timer: NodeJS.Timeout | null = null

  function pass(moment: Moment): void {
    if (aimed?.aim.moment !== moment) return
    if (aimed.skip > 0) {
      aimed.skip -= 1
      return
    }
    const { aim, strike } = aimed
    aimed = null
    const delayMs = Math.floor(aim.share * (delayMaxMs + 1))
    if (delayMs === 0) strike()
    else timer = setTimeout(strike, delayMs)
  }
  const stops = [
    erp.simulator.watch({}, 'arrived', (request) => {
      if (isMatch(erp.confirm, request)) {
        confirms = true
        window = 'confirm'
        pass('confirm arrived')
      } else if (isMatch(erp.create, request)) {
        creating += 1
        window = 'create'
        pass('create arrived')
      } else if (window === 'confirm' || (window === 'create' && creating === 0)) {
        window = 'confirm'
        pass('order looked at')
      }
    }),
    erp.simulator.watch(erp.create, 'answered', () => {
      creating -= 1
      pass('create answered')
    }),
    erp.simulator.watch(erp.confirm, 'answered', () => {
      window = 'report'
      pass('confirm answered')
    }),
    crm.simulator.watch(crm.report, 'arrived', () => {
      window = 'report'
      pass('report arrived')
    }),
    crm.simulator.watch(crm.report, 'answered', () => {
      window = 'elsewhere'
    }),
  ]
  return {
    begin(aim: Aim, strike: () => void) {
      window = 'elsewhere'
      creating = 0
      aimed = { aim, skip: aim.skip, strike }
    },
    end() {
      aimed = null
      if (timer !== null) clearTimeout(timer)
    },
    window: () => window,
    /** Whether anything was ever confirmed. */
    confirms: () => confirms,
    close() {
      for (const stop of stops) stop()
    },
  }
}
