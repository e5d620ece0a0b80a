const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
/** All orgs of one instance have these characters in their ids. */
const instance = '5g'

/** The id of the n-th record of an object; ids sort as they were given out. */
export function idOf(prefix: string, n: number): string {
  let text = ''
  for (let left = n; left > 0; left = Math.floor(left / 62)) text = (digits[left % 62] ?? '') + text
  return withSuffix(`${prefix}${instance}${text.padStart(15 - prefix.length - instance.length, '0')}`)
}

/** The 18 characters of an id, whose last three tell which letters are capitals; null for what is no id. */
export function fullId(text: string): string | null {
  if (/^[0-9A-Za-z]{15}$/.test(text)) return withSuffix(text)
  if (!/^[0-9A-Za-z]{18}$/.test(text)) return null
  // An id of 18 characters says the same in any case: its suffix brings the capitals back.
  const suffix = text.slice(15).toUpperCase()
  let id = ''
  for (let place = 0; place < 15; place += 1) {
    const bits = letters.indexOf(suffix[Math.floor(place / 5)] ?? '')
    if (bits < 0) return null
    const character = text[place] ?? ''
    id += bits & (1 << (place % 5)) ? character.toUpperCase() : character.toLowerCase()
  }
  return `${id}${suffix}`
}

function withSuffix(id: string): string {
  let suffix = ''
  for (let block = 0; block < 15; block += 5) {
    let bits = 0
    for (let place = 0; place < 5; place += 1) {
      const code = id.charCodeAt(block + place)
      if (code >= 65 && code <= 90) bits |= 1 << place
    }
    suffix += letters[bits] ?? ''
  }
  return id + suffix
}
