/** A thousand in four: so many calls most systems take side by side. */
const partMax = 250

/**
 * Works on records part by part: while one part is under way to a system, the next one is made ready. Nothing is left
 * under way when it ends.
 * @throws the first failure, in the order of the parts
 */
export async function inParts<T>(
  all: readonly T[],
  work: (part: readonly T[]) => Promise<void>,
  max = partMax,
): Promise<void> {
  const started: Promise<void>[] = []
  for (let start = 0; start < all.length; start += max) {
    started.push(work(all.slice(start, start + max)))
    await breathe()
  }
  await Promise.allSettled(started)
  await Promise.all(started)
}

/** Lets calls go out, answers come in and leases be renewed in the midst of work. */
export async function breathe(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
