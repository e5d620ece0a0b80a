/**
 * Finds a key as written, else without regard to letter case and surrounding blanks, unless two keys differ in nothing
 * else. Undefined when there is no such key.
 */
export function tableLookup(table: Readonly<Record<string, string>>): (key: string) => string | undefined {
  const exact = new Map(Object.entries(table))
  const folded = new Map<string, string | undefined>()
  for (const [key, value] of exact) {
    const plain = fold(key)
    folded.set(plain, folded.has(plain) && folded.get(plain) !== value ? undefined : value)
  }
  return (key) => exact.get(key) ?? folded.get(fold(key))
}

const fold = (key: string): string => key.trim().toLowerCase()
