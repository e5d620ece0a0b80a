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
 * go as well, so that it is started anew from what the disk holds. How long a run takes is learnt from those that end, so
 * that the moments lie in its work, however fast the machine is.
 * @returns how often a process was killed before it had ended by itself
 */
export async function killRuns(
  folder: ProjectFolder,
  options: { kills: number; seed: number; more: (round: number) => void },
): Promise<{ killed: number; ended: number }> {
  const random = numbers(options.seed)
  let killed = 0
  let ended = 0
  let database = await startEmbedded(folder.home)
  const runMs = async () => {
    const startedAt = performance.now()
    await folder.cli('run', '--json').done
    return performance.now() - startedAt
  }
  options.more(0)
  let spanMs = await runMs()
  for (let round = 1; killed < options.kills; round += 1) {
    if (round > options.kills * 4) throw new Error(`only ${killed} of ${round} runs were killed: raise the work`)
    if (round % 10 === 9) {
      await database.close()
      database = await startEmbedded(folder.home)
    }
    options.more(round)
    const child = folder.cli('run', '--json')
    const startedAt = performance.now()
    // The first part of a run is the start of the program, which does nothing yet.
    const timer = setTimeout(() => child.kill('SIGKILL'), spanMs * (0.3 + 0.7 * random()))
    const { code } = await child.done
    clearTimeout(timer)
    if (code === null) killed += 1
    else ended += 1
    // Some runs should end by themselves; when none does, the moments come too early.
    spanMs = code === null ? spanMs * 1.05 : performance.now() - startedAt
  }
  await database.close()
  return { killed, ended }
}
