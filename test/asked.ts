import type { Problem } from '../src/core/problem.ts'
import { SyncError } from '../src/core/problem.ts'
import type { ChangesSince, Connection, Watch } from '../src/ports/connector.ts'

/** What a call fails with, null when it does not. */
export async function problemOf(work: Promise<unknown>): Promise<Problem | null> {
  try {
    await work
    return null
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return error.problem
  }
}

/** All changes at once, page after page, and where the next look begins; a cursor goes through JSON, as in the ledger. */
export async function changesOf(
  connection: Connection,
  watch: Partial<Watch> & Pick<Watch, 'object'>,
  since: ChangesSince,
) {
  const ids: string[] = []
  const versions: Record<string, readonly string[]> = {}
  const places: ChangesSince[] = []
  for await (const page of connection.changes({ paths: [], where: [], ...watch }, since)) {
    ids.push(...page.ids)
    Object.assign(versions, page.versions)
    places.push({ cursor: JSON.parse(JSON.stringify(page.cursor)) })
  }
  return { ids, versions, places, pages: places.length, next: places.at(-1) ?? since }
}
