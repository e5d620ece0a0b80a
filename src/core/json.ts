/** What JSON can carry. Numbers in it are the other system's own; ours are `Decimal` text. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One text for one value, whatever the order of its names: for comparing and hashing. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one as Json)).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] as Json)}`).join(',')}}`
}

/** A fault of ours that the compiler could not rule out. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}
