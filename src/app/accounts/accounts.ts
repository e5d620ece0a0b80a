import type { Instant } from '../../core/time.ts'
import type { ProviderPerson } from '../../ports/identity-provider.ts'
import type { Account, ApiToken } from '../../ports/ledger/accounts.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import { hashPassword, isPassword } from './password.ts'
import { digestOf, newSecret } from './secret.ts'
import { accountOf } from './sign-on.ts'

/** One that is not used for so long ends, and each ends after a day's work. */
const idleMs = 30 * 60_000
const sessionMs = 12 * 3_600_000
const linkMs = 24 * 3_600_000
const dayMs = 24 * 3_600_000
/** By which a token is told from others, and found where it should not be. */
const tokenPrefix = 'crosswalk_'
/** Who sets up an installation. */
const firstAccount = { name: 'admin', display: 'Administrator', role: 'admin' }

export interface Session {
  readonly account: Account
  /** What the browser keeps; the ledger has its digest. */
  readonly secret: string
  readonly endsAt: Instant
}

/** What became of who came from the provider. The name is null for one who was never here. */
export type SignOn =
  | { readonly session: Session }
  | { readonly refused: 'no_group' | 'disabled'; readonly name: string | null }

export type AccountsOf = ReturnType<typeof openAccounts>

/** Who may use the console and the API. Secrets are random, shown once, and kept as digests. */
export function openAccounts(ledger: Pick<Ledger, 'accounts' | 'inTransaction'>) {
  const { accounts } = ledger

  async function begin(name: string): Promise<Session | null> {
    const secret = newSecret()
    const digest = digestOf(secret)
    await accounts.addSession({ digest, account: name, lastsMs: sessionMs })
    const session = await accounts.session(digest, idleMs)
    return session === null ? null : { ...session, secret }
  }

  async function newLink(name: string) {
    const secret = newSecret()
    return { secret, endsAt: await accounts.addLink({ digest: digestOf(secret), account: name, lastsMs: linkMs }) }
  }
  const isSetUp = async () => (await accounts.list()).some((one) => one.isReady && !one.isDisabled)
  const find = async (name: string) => (await accounts.list()).find((one) => one.name === name) ?? null

  return {
    list: () => accounts.list(),
    find,
    /** Whether anybody can sign in. */
    isSetUp,
    /** The secret of a link by which the first person chooses a password; null where somebody can sign in. */
    async setUp(): Promise<string | null> {
      if (await isSetUp()) return null
      await accounts.add(firstAccount)
      await accounts.change(firstAccount.name, { role: firstAccount.role, isDisabled: false })
      return (await newLink(firstAccount.name)).secret
    },
    /** @returns null for a wrong password and for an unknown name alike, and as late */
    async logIn(name: string, password: string): Promise<Session | null> {
      return (await isPassword(password, await accounts.password(name))) ? begin(name) : null
    },
    /** @returns null for a link that is used up or over */
    async redeem(secret: string, password: string): Promise<Session | null> {
      const digest = digestOf(secret)
      const name = await accounts.link(digest)
      if (name === null) return null
      const hash = await hashPassword(password)
      const taken = await ledger.inTransaction(async (tx) => {
        if (!(await tx.accounts.takeLink(digest))) return false
        await tx.accounts.setPassword(name, hash)
        return true
      })
      return taken ? begin(name) : null
    },
    /**
     * Begins a session for who has come from the provider. Roles are those of the groups, each time anew.
     * @param role  null for one who is in no group: all their sessions end, and nobody is added
     */
    async signOn(person: ProviderPerson, role: string | null): Promise<SignOn> {
      if (role === null) {
        const name = (await accounts.ofIdentity(person))?.name ?? null
        if (name !== null) await accounts.endSessions(name)
        return { refused: 'no_group', name }
      }
      const { name, isDisabled } = await accountOf(accounts, person, { role, reserved: firstAccount.name })
      const session = isDisabled ? null : await begin(name)
      return session === null ? { refused: 'disabled', name } : { session }
    },
    session: (secret: string) => accounts.session(digestOf(secret), idleMs),
    endSession: (secret: string) => accounts.endSession(digestOf(secret)),
    /** All sessions of the account end, that of the caller begins anew. @returns null for a wrong password */
    async changePassword(name: string, { current, password }: { current: string; password: string }) {
      if (!(await isPassword(current, await accounts.password(name)))) return null
      const ended = await accounts.setPassword(name, await hashPassword(password))
      const session = await begin(name)
      return session === null ? null : { session, ended: Math.max(ended - 1, 0) }
    },
    /** @returns null when there is one of that name */
    async add(account: Pick<Account, 'name' | 'display' | 'role'>) {
      return (await accounts.add(account)) ? newLink(account.name) : null
    },
    newLink,
    change: (name: string, change: { readonly role?: string; readonly isDisabled?: boolean }) =>
      accounts.change(name, change),
    tokens: () => accounts.tokens(),
    async addToken(token: Pick<ApiToken, 'name' | 'role' | 'createdBy'>, days: number) {
      const secret = `${tokenPrefix}${newSecret()}`
      return { secret, token: await accounts.addToken({ ...token, digest: digestOf(secret), lastsMs: days * dayMs }) }
    },
    token: async (secret: string) => (secret.startsWith(tokenPrefix) ? accounts.token(digestOf(secret)) : null),
    endToken: (id: string) => accounts.endToken(id),
    audit: accounts.audit,
    audited: accounts.audited,
  }
}
