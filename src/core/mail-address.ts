const lengthMax = 254
/** One plain address: no name before it, no list, no quoting, no control character. Rarer ones are not written to. */
const plain =
  /^[a-z0-9](?:[a-z0-9._+'-]{0,62}[a-z0-9_])?@([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)$/

/** The address as it may be written to, null where it is none, is not plain, or is of another domain than these. */
export function addressWithin(text: string, domains: readonly string[]): string | null {
  const address = text.toLowerCase()
  const domain = address.length > lengthMax ? undefined : plain.exec(address)?.[1]
  return domain !== undefined && domains.some((one) => one.toLowerCase() === domain) ? address : null
}
