/**
 * The key of a record, made of the source's own identity and nothing of ours, so that it is the same after the ledger
 * was lost: `hubspot_123_deal_901`. Letters, digits, `_` and `-` only, which every target accepts in an external id.
 */
export function keyOf(source: { system: string; account: string }, kind: string, id: string): string {
  return [source.system, source.account, kind, id].map(plain).join('_')
}

/** A line's key; lines are numbered by the source, not by position, so that a reordering changes nothing. */
export const lineKeyOf = (orderKey: string, lineId: string): string => `${orderKey}_line_${plain(lineId)}`

// Anything else is written as its code, and so is what would read like a code: two ids never share a key.
const plain = (text: string): string =>
  text.replace(/[^A-Za-z0-9-]|-(?=x[0-9a-f]+-)/g, (char) => `-x${char.codePointAt(0)?.toString(16)}-`)
