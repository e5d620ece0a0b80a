import { SyncError } from '../core/problem.ts'

const stores = {
  DATABASE_URL: { protocols: ['postgres:', 'postgresql:'], example: 'postgres://user:password@host:5432/crosswalk' },
  REDIS_URL: { protocols: ['redis:', 'rediss:'], example: 'redis://host:6379' },
} as const
type Variable = keyof typeof stores

/**
 * The address of a store, null when the variable is not set.
 * @throws SyncError `configuration_invalid` for what is no such address; it may be a password, so nothing of it is shown
 */
export function storeAddress(
  variable: Variable,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly url: string; readonly password: string | null } | null {
  const url = environment[variable]
  if (url === undefined || url === '') return null
  const { protocols, example } = stores[variable]
  const parsed = parse(url)
  if (parsed === null || !protocols.some((protocol) => protocol === parsed.protocol)) {
    throw new SyncError(`${variable} in the environment is no address of that kind`, {
      problem: { kind: 'configuration_invalid', path: variable },
      fix: `Write it like ${example}. Signs such as / # @ % in a password are percent-encoded there: %2F %23 %40 %25.`,
    })
  }
  return { url, password: parsed.password === '' ? null : parsed.password }
}

function parse(url: string): { readonly protocol: string; readonly password: string } | null {
  // With a user and a socket's directory, which stands behind the question mark, in place of a host.
  const parsed = URL.parse(url.replace('@/', '@localhost/'))
  if (parsed === null) return null
  try {
    return { protocol: parsed.protocol, password: decodeURIComponent(parsed.password) }
  } catch (error) {
    // A percent sign that begins no code.
    if (error instanceof URIError) return null
    throw error
  }
}
