import type { Instant } from '../core/time.ts'
import type { Account, ApiToken } from '../ports/ledger/accounts.ts'
import { roleOf, userOf } from './caller.ts'
import type { User } from './contract.ts'
import { given } from './given.ts'
import type { Asking, Handlers } from './handler.ts'
import { Refusal } from './problem-reply.ts'
import { upTo } from './up-to.ts'
import type { ApiUses } from './use-cases.ts'

type Names =
  | 'getSession'
  | 'logIn'
  | 'redeemLink'
  | 'logOut'
  | 'changePassword'
  | 'listAccounts'
  | 'addAccount'
  | 'linkAccount'
  | 'changeAccount'
  | 'listTokens'
  | 'addToken'
  | 'endToken'
  | 'listAudit'

/** Sessions, people and tokens. */
export function accountHandlers(
  { accounts, singleSignOn }: Pick<ApiUses, 'accounts' | 'singleSignOn'>,
  { caller, keepSession }: Asking,
): Pick<Handlers, Names> {
  const personOf = (account: Account) => ({ ...account, role: roleOf(account.role) })
  const tokenOf = (token: ApiToken) => ({ ...token, role: roleOf(token.role) })
  // In the fragment, which no browser sends to anybody.
  const linkOf = (user: User, { secret, endsAt }: { secret: string; endsAt: Instant }) => ({
    ...{ user, endsAt },
    link: `/setup#${secret}`,
  })
  const missing = (name: string) => ({ missing: `There is no account "${name}".` })
  const own = (name: string) => caller.session?.user.name === name

  return {
    async getSession() {
      const { user = null, endsAt = null } = caller.session ?? {}
      const oidc = singleSignOn === null ? null : { name: singleSignOn.name }
      return { user, endsAt, isSetUp: user !== null || (await accounts.isSetUp()), oidc }
    },
    async logIn({ body: { name, password } }) {
      const session = await accounts.logIn(name, password)
      if (session === null) throw new Refusal('not_signed_in', 'The name or the password is wrong.')
      // A session that the browser had before is over: nobody goes on with it.
      if (caller.session !== null) await accounts.endSession(caller.session.secret)
      keepSession(session)
      return { user: userOf(session.account), endsAt: session.endsAt }
    },
    async redeemLink({ body: { token, password } }) {
      const session = await accounts.redeem(token, password)
      if (session === null)
        throw new Refusal(
          'not_signed_in',
          'This link was used already, or a newer one was made, or it is over a day old.',
        )
      keepSession(session)
      return { user: userOf(session.account), endsAt: session.endsAt }
    },
    async logOut() {
      if (caller.session === null) return { ended: false }
      keepSession(null)
      return { ended: await accounts.endSession(caller.session.secret) }
    },
    async changePassword({ body }) {
      if (caller.session === null) throw new Refusal('forbidden', 'A token has no password.')
      if ((await accounts.find(caller.session.user.name))?.isSingleSignOn === true)
        throw new Refusal('conflict', 'You sign in at the provider, and have no password here.')
      const changed = await accounts.changePassword(caller.session.user.name, body)
      if (changed === null) throw new Refusal('not_signed_in', 'The current password is wrong.')
      keepSession(changed.session)
      return { ended: changed.ended }
    },
    listAccounts: async () => ({ accounts: (await accounts.list()).map(personOf) }),
    async addAccount({ body }) {
      const link = await accounts.add(body)
      if (link === null) throw new Refusal('conflict', `There is an account "${body.name}" already.`)
      return linkOf(body, link)
    },
    async linkAccount({ params: { account: name } }) {
      const account = await accounts.find(name)
      if (account === null) return missing(name)
      if (account.isDisabled) throw new Refusal('conflict', `The account "${name}" is disabled.`)
      if (account.isSingleSignOn)
        throw new Refusal('conflict', `The account "${name}" signs in at the provider, and has no password here.`)
      return linkOf(userOf(account), await accounts.newLink(name))
    },
    async changeAccount({ params: { account: name }, body: { role, isDisabled } }) {
      // Else the last admin may lock everybody out.
      if (own(name)) throw new Refusal('conflict', 'Nobody changes the own role. Ask another admin.')
      if (role !== undefined && (await accounts.find(name))?.isSingleSignOn === true)
        throw new Refusal('conflict', `The groups of "${name}" at the provider say what their role is.`)
      const account = await accounts.change(name, {
        ...(role === undefined ? {} : { role }),
        ...(isDisabled === undefined ? {} : { isDisabled }),
      })
      return account === null ? missing(name) : { account: personOf(account) }
    },
    listTokens: async () => ({ tokens: (await accounts.tokens()).map(tokenOf) }),
    async addToken({ body: { name, role, days } }) {
      const { token, secret } = await accounts.addToken({ name, role, createdBy: caller.actor ?? '' }, days)
      return { token: tokenOf(token), secret }
    },
    async endToken({ params: { id } }) {
      return (await accounts.endToken(id)) ? { ended: true } : { missing: `There is no token ${id}.` }
    },
    async listAudit({ query: { text, after, max } }) {
      const filter = given({ text, after })
      const { rows, last } = upTo(max, await accounts.audited({ ...filter, max: max + 1 }))
      const entries = rows.map(({ subject, ...entry }) => ({ ...entry, subject: { ...asObject(subject) } }))
      return { entries, next: last?.id ?? null }
    },
  }
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
