/** A batch of 1,000 is four parts: most systems take as many concurrent calls. */
const partMax = 250

/**
 * Works on records part by part: while one part waits for a system, the next one is prepared. No part is still running
 * when it returns.
 * @throws the first failure, in the order of the parts
 */
export async function inParts<T>(
  all: readonly T[],
  work: (part: readonly T[]) => Promise<void>,
  max = partMax,
): Promise<void> {
  const started: Promise<readonly PromiseSettledResult<void>[]>[] = []
  for (let start = 0; start < all.length; start += max) {
    // One that fails while the next is prepared is heard of below: a rejection that nobody waits for ends the process.
    started.push(Promise.allSettled([work(all.slice(start, start + max))]))
    await breathe()
  }
  for (const one of (await Promise.all(started)).flat()) if (one.status === 'rejected') throw one.reason
}

/** Yields to the event loop, so that calls go out, answers come in and leases are renewed during long work. */
export async function breathe(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
