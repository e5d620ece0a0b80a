/** The candidate that a person most likely meant, null when none is close. Letter case does not count. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase()
  const parts = partsOf(word)
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  let related: string | null = null
  for (const candidate of candidates) {
    const found = distance(wanted, candidate.toLowerCase())
    if (found < bestDistance) {
      best = candidate
      bestDistance = found
    }
    const others = partsOf(candidate)
    if (related === null && parts.every((part) => others.includes(part))) related = candidate
  }
  return best ?? related
}

/** `unit_price` was meant as `price_unit`, `client_ref` as `client_order_ref`, `zone` as `timeZone`. */
const partsOf = (name: string): string[] => name.split(/[_.\s-]+|(?=[A-Z])/).map((part) => part.toLowerCase())

/** `Did you mean "deal.number"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(word, candidates)
  return found === null ? undefined : `Did you mean "${found}"?`
}

/** `"a", "b" or "c"` for messages that name the choices. */
export function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

/** Levenshtein distance in which two neighbours that changed places count once: `form` is one from `from`. */
function distance(a: string, b: string): number {
  let older: number[] = []
  let before = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(before, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(older, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(replaced, at(before, j) + 1, at(row, j - 1) + 1, swapped))
    }
    older = before
    before = row
  }
  return at(before, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
