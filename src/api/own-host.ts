import { isIP } from 'node:net'

/**
 * Whether a request without a token may have been meant for this server: by an IP address, by a name that nobody can register
 * (without a dot, as within one network), or by one of its own. Any other name may be a stranger's, who has it lead here and
 * reads with the browser of a person inside (DNS rebinding).
 * @param own  names of this server
 */
export function isOwnHost(header: string | undefined, own: readonly string[]): boolean {
  // Browsers always send one.
  if (header === undefined) return true
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.toLowerCase()) ?? []
  const name = (bracketed ?? plain ?? '').replace(/\.$/, '')
  if (name === '') return false
  return isIP(name) !== 0 || !name.includes('.') || own.includes(name)
}
