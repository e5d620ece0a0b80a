/** A version as the ledger keeps it, with the digest of the mappings: what was read by other mappings is read again. */
export const versionFor = (sync: { readonly digest: string }, version: string): string =>
  `${sync.digest.slice(0, 8)} ${version}`
