/** Parts of at most `size`, `atOnce` of them side by side. */
export async function inChunks<T>(
  all: readonly T[],
  size: number,
  atOnce: number,
  work: (part: readonly T[]) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < all.length) {
      const part = all.slice(next, next + size)
      next += size
      await work(part)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
