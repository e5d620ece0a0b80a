import { createHash, timingSafeEqual } from 'node:crypto'
import { parse } from 'cookie'
import type { Request, Response } from 'express'
import type { AccountsOf } from '../app/accounts/accounts.ts'
import type { Instant } from '../core/time.ts'
import { type Role, roles, type User } from './contract.ts'

/** Who asks. */
export interface Caller {
  /** As the timeline, the runs and the audit name them; null for somebody who is not known. */
  readonly actor: string | null
  readonly role: Role | null
  /** The person and the secret of the session; null for other programs. */
  readonly session: { readonly user: User; readonly secret: string; readonly endsAt: Instant } | null
}
export const nobody: Caller = { actor: null, role: null, session: null }

/** The token of the installation itself, which is in a file of its home. */
const installationActor = 'API token'

export const mayAct = (caller: Caller, role: Role): boolean =>
  caller.role !== null && roles.indexOf(caller.role) >= roles.indexOf(role)

/** The roles of the ledger are those of the contract; one that is not, of a release to come, may only read. */
export const roleOf = (role: string): Role => roles.find((one) => one === role) ?? 'viewer'
export const userOf = ({ name, display, role }: { name: string; display: string; role: string }): User => ({
  name,
  display,
  role: roleOf(role),
})

/** @param token  that of the installation */
export function openCallers(token: string, accounts: AccountsOf) {
  const expected = digest(token)
  return async (request: Request): Promise<Caller> => {
    const secret = bearerIn(request)
    if (secret !== null) {
      // Digests have one length, so that the comparison takes constant time.
      if (timingSafeEqual(digest(secret), expected)) return { actor: installationActor, role: 'admin', session: null }
      const known = await accounts.token(secret)
      return known === null ? nobody : { actor: `token ${known.name}`, role: roleOf(known.role), session: null }
    }
    const cookie = cookieIn(request, 'session')
    const session = cookie === undefined ? null : await accounts.session(cookie)
    if (cookie === undefined || session === null) return nobody
    const user = userOf(session.account)
    return { actor: user.name, role: user.role, session: { user, secret: cookie, endsAt: session.endsAt } }
  }
}

/** Null where none came; empty for what is no such token. */
export function bearerIn({ headers: { authorization } }: Request): string | null {
  return authorization === undefined ? null : (/^bearer (.+)$/i.exec(authorization)?.[1] ?? '')
}

const digest = (text: string) => createHash('sha256').update(text).digest()

const cookieNames = { session: 'crosswalk', signOn: 'crosswalk-sign-on' } as const
type CookieOf = keyof typeof cookieNames

// Browsers keep a cookie with this prefix for this very host, and only when it came by https.
const cookieName = (request: Request, of: CookieOf) => `${isSecure(request) ? '__Host-' : ''}${cookieNames[of]}`
export const cookieIn = (request: Request, of: CookieOf): string | undefined =>
  parse(request.headers.cookie ?? '')[cookieName(request, of)]
/** A proxy in front has the certificate; who forges its header only has the browser keep a cookie the better. */
const isSecure = (request: Request): boolean => request.secure || request.headers['x-forwarded-proto'] === 'https'

/** @param session  null to have the browser forget it */
export function setSessionCookie(
  request: Request,
  response: Response,
  session: { readonly secret: string; readonly endsAt: Instant } | null,
): void {
  const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure(request) } as const
  const name = cookieName(request, 'session')
  if (session === null) response.clearCookie(name, attributes)
  else response.cookie(name, session.secret, { ...attributes, expires: new Date(session.endsAt) })
}

const signOnMs = 10 * 60_000

/**
 * What is needed when the person comes back from the provider. `Lax`, as that navigation begins at another site.
 * @param path  to which it is sent, where the prefix does not want all of them
 * @param value  null to have the browser forget it
 */
export function setSignOnCookie(request: Request, response: Response, path: string, value: string | null): void {
  const secure = isSecure(request)
  const attributes = { path: secure ? '/' : path, httpOnly: true, sameSite: 'lax', secure } as const
  const name = cookieName(request, 'signOn')
  if (value === null) response.clearCookie(name, attributes)
  else response.cookie(name, value, { ...attributes, maxAge: signOnMs })
}

/**
 * Whether a browser sent it for a page of another site. All browsers of today tell: by `Sec-Fetch-Site`, or by `Origin` where the
 * address is plain http. @param isCookie  what counts is a cookie, which a browser sends by itself: then one of both must be there
 */
export function isForged(request: Request, isCookie: boolean, publicUrl: string | null): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin'
  const { origin } = request.headers
  if (origin === undefined) return isCookie
  const own = [request.headers.host, ...(publicUrl === null ? [] : [new URL(publicUrl).host])]
  return !own.includes(URL.canParse(origin) ? new URL(origin).host : origin)
}
