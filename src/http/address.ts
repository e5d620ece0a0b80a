import { isLoopback } from '../core/loopback.ts'
import { SyncError } from '../core/problem.ts'

/** Where a connection's requests may go. */
export interface Base {
  readonly origin: string
  /** Without a trailing slash; empty for the root. */
  readonly path: string
}

/** @throws SyncError `configuration_invalid` for an address that is no plain https one (http on loopback) */
export function parseBase(connection: string, baseUrl: string): Base {
  const url = URL.parse(baseUrl)
  if (url === null) {
    throw invalid(`The base URL of connection "${connection}" is not an address`, 'Write it like https://host/path.')
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw invalid(
      `The base URL of connection "${connection}" (${url.protocol}//${url.hostname}) would send secrets in the clear`,
      'Use https; http is allowed for a loopback address only.',
    )
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(
      `The base URL of connection "${connection}" holds a login, a query or a fragment`,
      'Leave only scheme, host and path in it; the login belongs into its own settings.',
    )
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}

/** @throws SyncError `configuration_invalid` for an address outside the base */
export function within(connection: string, base: Base, address: string): URL {
  const url = URL.parse(address)
  if (url === null) {
    throw invalid(`Connection "${connection}" was about to call something that is not an address`, reportFix)
  }
  const inside =
    url.origin === base.origin &&
    url.username === '' &&
    url.password === '' &&
    (url.pathname === base.path || url.pathname.startsWith(`${base.path}/`))
  if (!inside) {
    throw invalid(
      `Connection "${connection}" may call ${base.origin}${base.path} only, not ${url.origin}${routeOf(url)}`,
      `If the system moved, change the base URL of connection "${connection}".`,
    )
  }
  return url
}

const word = /^(?:[A-Za-z_$][A-Za-z_$.-]*\d{0,2}[A-Za-z_$.-]*|v\d+(?:\.\d+)?)$/

/** The path with ids masked, for logs, metrics and error texts: ids may be secrets or personal, and are countless. */
export const routeOf = (url: URL): string =>
  url.pathname
    .split('/')
    .map((segment) => (segment === '' || (word.test(segment) && segment.length <= 80) ? segment : ':id'))
    .join('/')

const reportFix = 'This is a fault of the connector; report it with this text.'

const invalid = (message: string, fix: string): SyncError =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path: 'baseUrl' }, fix })
