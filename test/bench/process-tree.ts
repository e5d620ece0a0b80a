import { readdir, readFile } from 'node:fs/promises'

/** What a process and all its descendants use; on systems without /proc nothing is known. */
export interface Usage {
  /** So far, processes that have ended included. */
  readonly cpuMs: number
  /** Pages shared by several processes are counted once (PSS). */
  readonly memoryMb: number
}

// The kernel reports times to programs in hundredths of a second, whatever its own clock.
const tickMs = 10

export async function usageOf(pid: number): Promise<Usage> {
  if (process.platform !== 'linux') return { cpuMs: 0, memoryMb: 0 }
  const parents = new Map<number, number>()
  const times = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    const id = Number(name)
    if (!Number.isInteger(id)) continue
    const stat = await contentsOf(`/proc/${name}/stat`)
    if (stat === null) continue
    // The program's name, in brackets, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    parents.set(id, Number(fields[1]))
    times.set(id, fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs)
  }
  const tree = [...parents.keys()].filter((id) => isBelow(id, pid, parents))
  const memory = await Promise.all(tree.map((id) => contentsOf(`/proc/${id}/smaps_rollup`)))
  return {
    cpuMs: tree.reduce((sum, id) => sum + (times.get(id) ?? 0), 0),
    memoryMb: memory.reduce((sum, text) => sum + Number(/^Pss:\s+(\d+) kB/m.exec(text ?? '')?.[1] ?? 0), 0) / 1024,
  }
}

function isBelow(id: number, pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = id; at !== undefined && at > 1; at = parents.get(at)) if (at === pid) return true
  return false
}

/** Null for a process that ended meanwhile. */
async function contentsOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** Watches the highest memory of a process tree. The returned function stops it. */
export function watchMemory(pid: number, everyMs = 200): () => Promise<number> {
  let highest = 0
  let watching = true
  const look = async () => {
    while (watching) {
      highest = Math.max(highest, (await usageOf(pid)).memoryMb)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }
  const looking = look()
  return async () => {
    watching = false
    await looking
    return highest
  }
}
