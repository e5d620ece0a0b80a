import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Session } from '../app/accounts/accounts.ts'
import { type Handshake, type ProviderPerson, SignOnError, type SignOnFailure } from '../ports/identity-provider.ts'
import type { Log } from '../ports/log.ts'
import { type Caller, cookieIn, setSessionCookie, setSignOnCookie } from './caller.ts'
import { type Role, roles } from './contract.ts'
import { noteCall } from './note-call.ts'
import type { ApiUses, SingleSignOn } from './use-cases.ts'

interface Deps extends Pick<ApiUses, 'accounts'> {
  readonly singleSignOn: SingleSignOn
  readonly callerOf: (response: Response) => Caller
  readonly log: Log
}

/** Below the address of a session. They are opened by a browser, and so have no place in the contract. */
export const signOnPaths = { begin: '/api/v1/session/oidc', finish: '/api/v1/session/oidc/callback' } as const
const operation = 'singleSignOn'

type Why = SignOnFailure | 'not_begun' | 'no_group' | 'disabled'

/** In plain words: they are read by people who know nothing of tokens. */
const refusals: Readonly<Record<Why, { readonly status: 403 | 502 | 503; readonly text: string }>> = {
  not_begun: {
    status: 403,
    text: 'This sign-in was not begun in this browser, or it was used already, or it took longer than ten minutes. Begin it again.',
  },
  denied: { status: 403, text: 'Where you sign in, you were not let in, or you turned back.' },
  no_group: {
    status: 403,
    text: 'You are in no group that may use Crosswalk. Ask an administrator, and sign in again afterwards.',
  },
  disabled: { status: 403, text: 'Your account is disabled. Ask an administrator of Crosswalk.' },
  unproven: { status: 403, text: 'What came back does not prove who you are. Begin the sign-in again.' },
  unaccepted: {
    status: 502,
    text: 'The place where you sign in does not accept this server. An administrator finds the reason in its log.',
  },
  away: { status: 503, text: 'The place where you sign in does not answer. Try again in a moment.' },
}

/** Signs people in at the provider: sends them there, and takes in who comes back. */
export function serveSingleSignOn(deps: Deps): RequestHandler {
  const { singleSignOn, accounts, callerOf, log } = deps
  const { provider } = singleSignOn

  async function refuse(
    request: Request,
    response: Response,
    { why, code = null, name = null }: { why: Why; code?: string | null; name?: string | null },
  ): Promise<void> {
    const { status, text } = refusals[why]
    const subject = { ...(name === null ? {} : { name }), reason: why }
    log.warn('sign_on_refused', { why, code, name, from: request.ip })
    await noteCall(deps, request, {
      ...{ operation, subject, actor: null },
      shown: { reason: why },
      outcome: status === 403 ? 'refused' : 'failed',
    })
    response.status(status).send(page('Not signed in', text))
  }
  const refusing =
    (work: (request: Request, response: Response) => Promise<void>): RequestHandler =>
    async (request, response) => {
      try {
        await work(request, response)
      } catch (error) {
        if (!(error instanceof SignOnError)) throw error
        await refuse(request, response, { why: error.failure, code: error.message })
      }
    }

  async function begin(request: Request, response: Response): Promise<void> {
    const { address, handshake } = await provider.begin()
    setSignOnCookie(request, response, signOnPaths.finish, joined(handshake))
    response.redirect(302, address)
  }

  async function finish(request: Request, response: Response): Promise<void> {
    const handshake = handshakeIn(cookieIn(request, 'signOn'))
    // It is for once, whatever comes of it.
    setSignOnCookie(request, response, signOnPaths.finish, null)
    if (handshake === null || request.query.state !== handshake.state)
      return refuse(request, response, { why: 'not_begun' })
    const { search } = new URL(request.originalUrl, 'http://any')
    const person = await provider.finish(search, handshake)
    const came = await accounts.signOn(person, roleFor(person))
    if ('refused' in came) return refuse(request, response, { why: came.refused, name: came.name })
    await takeIn(request, response, came.session)
  }

  async function takeIn(request: Request, response: Response, session: Session): Promise<void> {
    // One that the browser had before is over: nobody goes on with it.
    const before = callerOf(response).session
    if (before !== null) await accounts.endSession(before.secret)
    setSessionCookie(request, response, session)
    const { name, role } = session.account
    await noteCall(deps, request, { operation, shown: {}, subject: { name, role }, actor: name, outcome: 'done' })
    response.send(page('Signed in', 'You are signed in.', { goesOn: true }))
  }

  function roleFor({ groups }: ProviderPerson): Role | null {
    const isIn = (role: Role) => singleSignOn.roles[role]?.some((group) => groups.includes(group)) === true
    return roles.findLast(isIn) ?? null
  }

  const router = Router()
  router.get(signOnPaths.begin, refusing(begin))
  router.get(signOnPaths.finish, refusing(finish))
  return router
}

// Each is of letters, digits, - and _.
const joined = ({ verifier, state, nonce }: Handshake): string => [verifier, state, nonce].join('.')

/** Null for what is none of ours. */
function handshakeIn(cookie: string | undefined): Handshake | null {
  const [, verifier, state, nonce] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(cookie ?? '') ?? []
  return verifier === undefined || state === undefined || nonce === undefined ? null : { verifier, state, nonce }
}

/**
 * Without a script or a style. It goes on by itself where a redirect would not do: a browser sends no cookie with
 * `SameSite=Strict` along in a navigation that another site has begun.
 */
const page = (title: string, text: string, { goesOn = false } = {}): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${goesOn ? '<meta http-equiv="refresh" content="0;url=/">\n' : ''}<title>${title} · Crosswalk</title>
</head>
<body>
<h1>${title}</h1>
<p>${text}</p>
<p><a href="/">Go to Crosswalk</a></p>
</body>
</html>
`
