interface Work<T> {
  send(part: readonly T[]): Promise<void>
  /** Whether the error may be the fault of one record among several: its neighbours then deserve another call. */
  isOfOne(error: unknown): boolean
  /** Takes note of a part that is given up; throws what is of no single part. */
  failed(part: readonly T[], error: unknown): void
}

/**
 * Sends all records by one call. Where the system refuses the call for a record that it does not name, halves find it: its
 * neighbours are written, one bad record among n costs about 2·log₂ n calls.
 */
export async function inHalves<T>(all: readonly T[], work: Work<T>): Promise<void> {
  try {
    await work.send(all)
  } catch (error) {
    if (all.length < 2 || !work.isOfOne(error)) return work.failed(all, error)
    const middle = Math.ceil(all.length / 2)
    await inHalves(all.slice(0, middle), work)
    await inHalves(all.slice(middle), work)
  }
}
