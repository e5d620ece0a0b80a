const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/

/** Whether a host name is this machine: what is sent there leaves it on no wire, so that it may go in the clear. */
export const isLoopback = (host: string): boolean => loopback.test(host)

/** Whether nobody on the way can read what is sent to that address. */
export function isPrivateAddress(address: string): boolean {
  const url = URL.parse(address)
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
}
