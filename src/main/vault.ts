import { resolve } from 'node:path'
import type { ResealedSecrets } from '../cli/deps.ts'
import { SyncError } from '../core/problem.ts'
import { addVaultKey, dropOldVaultKeys } from '../ledger/vault.ts'
import { type Place, withLedger } from './with-ledger.ts'

/**
 * Makes a new vault key, and encrypts with it all that is stored. Processes that run go on with the key before, until they are
 * started again; then `finish` drops it. A key in the environment is changed there.
 */
export async function rotateVault(place: Place, { finish }: { readonly finish: boolean }): Promise<ResealedSecrets> {
  const home = resolve(place.home)
  const inEnvironment = place.environment.CROSSWALK_VAULT_KEY !== undefined
  if (!inEnvironment && !finish) await addVaultKey(home)
  const { done, lost } = await withLedger(place, (ledger) => ledger.sealed.reseal())
  if (finish && lost.length > 0) {
    throw new SyncError(`No key opens what is stored of ${lost.join(', ')}; the old keys are kept`, {
      problem: { kind: 'configuration_invalid', path: 'vault' },
      fix: 'Add the key that it was stored with, or drop it with `crosswalk vault forget`; then try again.',
    })
  }
  if (!inEnvironment && finish) await dropOldVaultKeys(home)
  return { done, lost, keepsOld: !finish }
}

/** @param connection  null for the published files @returns whether there was anything */
export const forgetSecrets = (place: Place, connection: string | null): Promise<boolean> =>
  withLedger(place, (ledger) => ledger.sealed.forget(connection))
