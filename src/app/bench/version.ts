/** A version as the ledger keeps it: what was read by other mappings is to be read again. */
export const versionFor = (sync: { readonly digest: string }, version: string): string =>
  `${sync.digest.slice(0, 8)} ${version}`
