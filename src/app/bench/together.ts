/**
 * `Promise.all` that waits for all even when one fails: nothing is still running when the caller handles the failure.
 * @throws the first failure, in the order given
 */
export async function together<T extends readonly Promise<unknown>[] | []>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
