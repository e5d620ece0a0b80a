import { chmod, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'

/**
 * The text of a `.env` with these variables in it: what it has of them is replaced, every other line stays as it is.
 * @throws Error for a value that such a file cannot hold
 */
export function withVariables(text: string, variables: ReadonlyMap<string, string>): string {
  let kept = text
  for (const [name, value] of variables) {
    const line = `${name}=${quoted(value)}`
    const assigned = assignmentOf(name, kept)
    if (assigned === null) kept = `${kept}${kept === '' || kept.endsWith('\n') ? '' : '\n'}${line}\n`
    else kept = kept.slice(0, assigned.start) + line + kept.slice(assigned.end)
    if (parseEnv(kept)[name] !== value) throw new Error(`${name} cannot be written into a .env file`)
  }
  return kept
}

/** The last assignment counts; its value may be quoted over several lines. */
function assignmentOf(name: string, text: string): { start: number; end: number } | null {
  const pattern = new RegExp(
    `^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*(?:"[^"]*"|'[^']*'|\`[^\`]*\`|[^\\n]*?)[ \\t]*(?:#[^\\n]*)?$`,
    'gm',
  )
  const last = [...text.matchAll(pattern)].at(-1)
  return last === undefined ? null : { start: last.index, end: last.index + last[0].length }
}

const quotes = ['', "'", '"', '`']

/** In the first kind of quotes that a reader of such files understands. */
function quoted(value: string): string {
  const line = quotes
    .map((quote) => `${quote}${value}${quote}`)
    .find((text) => parseEnv(`V=${text}\nW=1\n`).V === value && parseEnv(`V=${text}\nW=1\n`).W === '1')
  return line ?? value
}

/** Replaces a file as a whole, so that nobody ever finds half of it. A link to a file stays one. */
export async function replaceFile(file: string, text: string, mode?: number): Promise<void> {
  const target = await realpath(file).catch(() => file)
  const fresh = `${target}.new`
  try {
    await rm(fresh, { force: true })
    await writeFile(fresh, text, { flag: 'wx', ...(mode === undefined ? {} : { mode }) })
    // The mode that a file is made with is narrowed by the process's own mask, and never widened.
    if (mode !== undefined) await chmod(fresh, mode)
    await rename(fresh, target)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

/** Null when there is none. */
export async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
