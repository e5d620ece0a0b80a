/** Of rows of which one more was asked for: those to be shown, and the last of them when any follow. */
export function upTo<Row>(max: number, found: readonly Row[]): { rows: readonly Row[]; last: Row | undefined } {
  const rows = found.slice(0, max)
  return { rows, last: found.length > max ? rows.at(-1) : undefined }
}
