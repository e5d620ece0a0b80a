import { readFile } from 'node:fs/promises'

/** What a process and its children use; on systems without /proc nothing is known. */
export interface Usage {
  /** So far, children that have ended included. */
  readonly cpuMs: number
  /** Pages shared by several processes are counted once (PSS). */
  readonly memoryMb: number
}

// The kernel reports times to programs in hundredths of a second, whatever its own clock.
const tickMs = 10

export async function usageOf(pid: number): Promise<Usage> {
  const children = (await contentsOf(`/proc/${pid}/task/${pid}/children`)) ?? ''
  const ids = [String(pid), ...children.split(' ').filter((id) => id !== '')]
  const usages = await Promise.all(
    ids.map(async (id) => {
      const stat = (await contentsOf(`/proc/${id}/stat`)) ?? ''
      const memory = (await contentsOf(`/proc/${id}/smaps_rollup`)) ?? ''
      // The program's name, in brackets, may hold blanks; the four times come after it.
      const times = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 15)
      const pss = /^Pss:\s+(\d+) kB/m.exec(memory)?.[1] ?? '0'
      return { cpuMs: times.reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs, memoryMb: Number(pss) / 1024 }
    }),
  )
  return {
    cpuMs: usages.reduce((sum, one) => sum + one.cpuMs, 0),
    memoryMb: usages.reduce((sum, one) => sum + one.memoryMb, 0),
  }
}

/** Null for a process that ended meanwhile, and where there is no /proc. */
async function contentsOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** Watches the highest memory of a process and its children. The returned function stops it. */
export function watchMemory(pid: number, everyMs = 300): () => Promise<number> {
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
