import { SyncError } from '../../src/core/problem.ts'
import type { AccountChoice } from '../../src/ports/connector.ts'

/** Asks for everything at once. What the login may not read, or the account does not have, is left out. */
export async function choicesOf(
  asked: readonly (() => Promise<AccountChoice | null>)[],
): Promise<readonly AccountChoice[]> {
  const found = await Promise.all(
    asked.map((ask) =>
      ask().catch((error: unknown) => {
        if (error instanceof SyncError && notForUs.has(error.problem.kind)) return null
        throw error
      }),
    ),
  )
  return found.filter((one) => one !== null).filter(({ options }) => options.length > 0)
}

const notForUs: ReadonlySet<string> = new Set(['permission_missing', 'configuration_invalid', 'record_rejected'])
