const masked = '[secret]'
// Masking shorter ones would blank out half of every sentence.
const secretLengthMin = 4

/** Enough for any message. What is longer is cut before patterns look at it: their time grows with the square of a word. */
const lengthMax = 4_000

/** Patterns of secrets of any issuer. The first group, where there is one, is kept. None begins within a word. */
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  // After a scheme; a word without digits, as in "token authentication", is left alone
  /\b((?:bearer|basic|token|oauth)\s+)(?=\S*[\d=]|\S{24})[A-Za-z0-9._~+/!-]{8,}=*/gi,
  // JSON web token
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*/g,
  // HubSpot private app
  /\bpat-[a-z0-9]{2,4}-[0-9a-f]{8}-[0-9a-f-]{20,}/gi,
  // Salesforce session
  /\b00D[A-Za-z0-9]{9,15}![A-Za-z0-9._]{10,}/g,
  // user:password@ inside an address
  /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@?#]{1,500}@/gi,
  // name=value and "name": "value"
  /((?<![A-Za-z])(?:password|passwd|secret|api_?key|apikey|access_?token|refresh_?token|client_?secret|app_?secret|assertion|signature|sign|(?:oauth_)?token|x-api-key|authorization|set-cookie|cookie)["']?\s*[=:]\s*["']?)(?!\[secret\]|bearer |basic )[^\s"'&,;}]{4,}/gi,
]

/**
 * Removes secrets from text that may leave the process: those handed in, in every common spelling, and known shapes. Text of
 * more than 4,000 characters is cut.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const all = spellings(secrets)
  // With room for a secret across the cut, of which half would not be known any more.
  let clean = text.slice(0, lengthMax + (all[0]?.length ?? 0))
  for (const spelling of all) clean = clean.replaceAll(spelling, masked)
  if (text.length > lengthMax)
    clean = `${clean.slice(0, lengthMax).replace(/\S{0,500}$/, '')}… (${text.length} characters)`
  for (const shape of shapes) clean = clean.replace(shape, (_match, kept: unknown) => keep(kept) + masked)
  return clean
}

// Without a group, `replace` hands over the offset as the second argument.
const keep = (group: unknown): string => (typeof group === 'string' ? group : '')

/** Longest first, so that a secret which contains another one is removed whole. */
function spellings(secrets: readonly string[]): readonly string[] {
  const all = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < secretLengthMin) continue
    all.add(secret)
    all.add(encodeURIComponent(secret))
    all.add(JSON.stringify(secret).slice(1, -1))
    all.add(Buffer.from(secret).toString('base64'))
  }
  return [...all].sort((a, b) => b.length - a.length)
}
