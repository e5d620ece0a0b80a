/** What is encrypted in the ledger: renewed secrets of connections, and published files. */
export interface Sealed {
  /**
   * Encrypts all of it with the current key.
   * @returns what it is called: connections by their names; `lost` is what no key opens
   */
  reseal(): Promise<{ readonly done: readonly string[]; readonly lost: readonly string[] }>
  /** Removes the stored secrets of a connection, so that the configured ones count; the published files for null. @returns whether there were any */
  forget(connection: string | null): Promise<boolean>
}
