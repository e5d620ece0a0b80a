import { startEmbedded } from '../../src/ledger/embedded.ts'
import type { ProjectFolder } from '../project-folder.ts'

/** Numbers that look random and come out the same again. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/**
 * Starts `crosswalk run` again and again and kills it with SIGKILL at a random moment of its work. Before each start
 * `more` wins a few deals. The database is kept up by this process, as another instance would; every tenth time it is let
 * go as well, so that it is started anew from what the disk holds.
 * @returns how often a process was killed before it had ended by itself
 */
export async function killRuns(
  folder: ProjectFolder,
  options: { kills: number; spanMs: number; seed: number; more: (round: number) => void },
): Promise<{ killed: number; ended: number }> {
  const random = numbers(options.seed)
  let killed = 0
  let ended = 0
  let database = await startEmbedded(folder.home)
  for (let round = 0; killed < options.kills; round += 1) {
    if (round > options.kills * 4)
      throw new Error(`only ${killed} of ${round} runs were killed: raise the work or lower spanMs`)
    if (round % 10 === 9) {
      await database.close()
      database = await startEmbedded(folder.home)
    }
    options.more(round)
    const child = folder.cli('run', '--json')
    const timer = setTimeout(() => child.kill('SIGKILL'), startMs + random() * options.spanMs)
    const { code } = await child.done
    clearTimeout(timer)
    if (code === null) killed += 1
    else ended += 1
  }
  await database.close()
  return { killed, ended }
}

// No run does anything before that.
const startMs = 250
