const rest = '… more: crosswalk problems'

/** As many lines as fit into so many bytes of UTF-8; what does not is left out from the end, and the message says so. */
export function fitted(lines: readonly string[], bytesMax: number): string {
  const whole = lines.join('\n')
  if (bytesOf(whole) <= bytesMax) return whole
  const room = bytesMax - bytesOf(`\n${rest}`)
  const kept: string[] = []
  let used = 0
  for (const line of lines) {
    const needed = bytesOf(line) + 1
    if (used + needed > room) {
      const part = cut(line, room - used - bytesOf('…') - 1)
      if (part !== '') kept.push(`${part}…`)
      break
    }
    kept.push(line)
    used += needed
  }
  return [...kept, rest].join('\n')
}

const bytesOf = (text: string): number => Buffer.byteLength(text)

/** Between two characters. */
function cut(text: string, bytesMax: number): string {
  let part = ''
  let used = 0
  for (const character of text) {
    used += bytesOf(character)
    if (used > bytesMax) break
    part += character
  }
  return part
}
