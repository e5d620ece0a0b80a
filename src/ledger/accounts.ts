import type { Account, Accounts, ApiToken, AuditEntry } from '../ports/ledger/accounts.ts'
import type { Database, Statement } from './database.ts'
import { codeOf } from './error-code.ts'
import { lasting } from './lasting.ts'
import { storedJson } from './stored-json.ts'

const isSingleSignOn = 'exists (select from crosswalk.identities one where one.account = account.name)'
const columns = `account.name, account.display, account.role, account.created_at as "createdAt",
  (select max(seen_at) from crosswalk.sessions one where one.account = account.name) as "seenAt",
  account.password is not null or ${isSingleSignOn} as "isReady", ${isSingleSignOn} as "isSingleSignOn",
  account.disabled as "isDisabled"`
const tokenColumns = `id, name, role, created_by as "createdBy", created_at as "createdAt", ends_at as "endsAt", used_at as "usedAt"`
const uniqueViolation = '23505'

const list = {
  name: 'accounts.list',
  text: `select ${columns} from crosswalk.accounts account order by name`,
}
const add = {
  name: 'accounts.add',
  text: `
    insert into crosswalk.accounts (name, display, role, created_at) values ($1, $2, $3, statement_timestamp())
    on conflict do nothing returning name`,
}
const ofIdentity = {
  name: 'accounts.ofIdentity',
  text: `
    select ${columns} from crosswalk.identities identity join crosswalk.accounts account on account.name = identity.account
    where identity.issuer = $1 and identity.subject = $2`,
}
const addOfIdentity = {
  name: 'accounts.addOfIdentity',
  text: `
    with free as (
      select name from unnest($3::text[]) with ordinality as wanted(name, nth)
      where not exists (select from crosswalk.accounts taken where taken.name = wanted.name)
      order by nth limit 1
    ), added as (
      insert into crosswalk.accounts (name, display, role, created_at)
      select name, $4, $5, statement_timestamp() from free returning name
    )
    insert into crosswalk.identities (issuer, subject, account) select $1, $2, name from added returning account`,
}
const change = {
  name: 'accounts.change',
  text: `
    with account as (
      update crosswalk.accounts set role = coalesce($2, role), disabled = coalesce($3, disabled) where name = $1
      returning name, display, role, created_at, password, disabled
    ), ended as (
      delete from crosswalk.sessions using account where sessions.account = account.name and account.disabled
    ), gone as (
      delete from crosswalk.one_time_links using account where one_time_links.account = account.name and account.disabled
    )
    select ${columns} from account`,
}
const password = {
  name: 'accounts.password',
  text: `select password from crosswalk.accounts where name = $1 and not disabled and password is not null`,
}
const setPassword = {
  name: 'accounts.setPassword',
  text: `
    with account as (
      update crosswalk.accounts set password = $2 where name = $1 returning name
    ), gone as (
      delete from crosswalk.one_time_links using account where one_time_links.account = account.name
    ), ended as (
      delete from crosswalk.sessions using account where sessions.account = account.name returning 1
    )
    select count(*)::integer as ended from ended`,
}
const addLink = {
  name: 'accounts.addLink',
  text: `
    with gone as (delete from crosswalk.one_time_links where account = $2)
    insert into crosswalk.one_time_links (digest, account, ends_at) values ($1, $2, ${lasting('$3')})
    returning ends_at as "endsAt"`,
}
const link = {
  name: 'accounts.link',
  text: `select account from crosswalk.one_time_links where digest = $1 and ends_at > statement_timestamp()`,
}
const takeLink = {
  name: 'accounts.takeLink',
  text: `delete from crosswalk.one_time_links where digest = $1 and ends_at > statement_timestamp() returning account`,
}
const addSession = {
  name: 'accounts.addSession',
  text: `
    insert into crosswalk.sessions (digest, account, started_at, seen_at, ends_at)
    values ($1, $2, statement_timestamp(), statement_timestamp(), ${lasting('$3')}) returning ends_at as "endsAt"`,
}
// A session that is used all the time is written once a minute.
const session = {
  name: 'accounts.session',
  text: `
    with met as (
      select digest, account, ends_at, seen_at from crosswalk.sessions
      where digest = $1 and ends_at > statement_timestamp()
        and seen_at > statement_timestamp() - $2::bigint * interval '1 millisecond'
    ), seen as (
      update crosswalk.sessions set seen_at = statement_timestamp() from met
      where sessions.digest = met.digest and met.seen_at < statement_timestamp() - interval '1 minute'
    )
    select ${columns}, met.ends_at as "endsAt" from met
    join crosswalk.accounts account on account.name = met.account and not account.disabled`,
}
const endSession = {
  name: 'accounts.endSession',
  text: `delete from crosswalk.sessions where digest = $1 returning account`,
}
const endSessions = {
  name: 'accounts.endSessions',
  text: `
    with ended as (delete from crosswalk.sessions where account = $1 returning 1)
    select count(*)::integer as ended from ended`,
}
const addToken = {
  name: 'accounts.addToken',
  text: `
    insert into crosswalk.api_tokens (digest, name, role, created_by, created_at, ends_at)
    values ($1, $2, $3, $4, statement_timestamp(), ${lasting('$5')}) returning ${tokenColumns}`,
}
const tokens = {
  name: 'accounts.tokens',
  text: `select ${tokenColumns} from crosswalk.api_tokens where ends_at > statement_timestamp() order by id desc`,
}
const token = {
  name: 'accounts.token',
  text: `
    with met as (
      select ${tokenColumns} from crosswalk.api_tokens where digest = $1 and ends_at > statement_timestamp()
    ), used as (
      update crosswalk.api_tokens set used_at = statement_timestamp() from met
      where api_tokens.id = met.id and coalesce(met."usedAt", '-infinity') < statement_timestamp() - interval '1 minute'
    )
    select id, name, role, "createdBy", "createdAt", "endsAt", "usedAt" from met`,
}
const endToken = {
  name: 'accounts.endToken',
  text: `
    update crosswalk.api_tokens set ends_at = statement_timestamp()
    where id = $1 and ends_at > statement_timestamp() returning id`,
}
const audit = {
  name: 'accounts.audit',
  text: `
    insert into crosswalk.audit (at, actor, origin, action, subject, outcome)
    values (statement_timestamp(), $1, $2, $3, $4, $5)`,
}
const audited = {
  name: 'accounts.audited',
  text: `
    select id, at, actor, origin as "from", action, subject, outcome from crosswalk.audit
    where ($1::text is null or position(lower($1) in lower(concat_ws(' ', actor, origin, action, outcome, subject::text))) > 0)
      and ($2::bigint is null or id < $2)
    order by id desc limit $3`,
}

export function openAccounts(database: Database): Accounts {
  const first = async <Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row | null> =>
    (await database.rows<Row>(statement, values))[0] ?? null
  const bytes = (digest: Uint8Array) => Buffer.from(digest)
  type Ends = Pick<ApiToken, 'endsAt'>
  const endOf = async (statement: Statement, values: readonly unknown[]) => {
    const row = await first<Ends>(statement, values)
    if (row === null) throw new Error(`${statement.name} stored nothing`)
    return row.endsAt
  }
  return {
    list: () => database.rows<Account>(list, []),
    add: async ({ name, display, role }) => (await first(add, [name, display, role])) !== null,
    ofIdentity: ({ issuer, subject }) => first<Account>(ofIdentity, [issuer, subject]),
    async addOfIdentity({ issuer, subject }, { names, display, role }) {
      try {
        return (
          (await first<{ account: string }>(addOfIdentity, [issuer, subject, names, display, role]))?.account ?? null
        )
      } catch (error) {
        // All of the statement is undone: the name or the person has come in between.
        if (codeOf(error) === uniqueViolation) return null
        throw error
      }
    },
    change: (name, { role = null, isDisabled = null }: { role?: string | null; isDisabled?: boolean | null }) =>
      first<Account>(change, [name, role, isDisabled]),
    password: async (name) => (await first<{ password: string }>(password, [name]))?.password ?? null,
    setPassword: async (name, hash) => (await first<{ ended: number }>(setPassword, [name, hash]))?.ended ?? 0,
    addLink: ({ digest, account, lastsMs }) => endOf(addLink, [bytes(digest), account, lastsMs]),
    link: async (digest) => (await first<{ account: string }>(link, [bytes(digest)]))?.account ?? null,
    takeLink: async (digest) => (await first(takeLink, [bytes(digest)])) !== null,
    addSession: ({ digest, account, lastsMs }) => endOf(addSession, [bytes(digest), account, lastsMs]),
    async session(digest, idleMs) {
      const row = await first<Account & Ends>(session, [bytes(digest), idleMs])
      if (row === null) return null
      const { endsAt, ...account } = row
      return { account, endsAt }
    },
    endSession: async (digest) => (await first(endSession, [bytes(digest)])) !== null,
    endSessions: async (name) => (await first<{ ended: number }>(endSessions, [name]))?.ended ?? 0,
    async addToken({ digest, name, role, createdBy, lastsMs }) {
      const row = await first<ApiToken>(addToken, [bytes(digest), name, role, createdBy, lastsMs])
      if (row === null) throw new Error('no token was stored')
      return row
    },
    tokens: () => database.rows<ApiToken>(tokens, []),
    token: (digest) => first<ApiToken>(token, [bytes(digest)]),
    endToken: async (id) => (await first(endToken, [id])) !== null,
    async audit({ actor, from, action, subject, outcome }) {
      await database.rows(audit, [actor, from, action, storedJson(subject), outcome])
    },
    audited: ({ text = null, after = null, max }: { text?: string | null; after?: string | null; max: number }) =>
      database.rows<AuditEntry & { id: string }>(audited, [text, after, max]),
  }
}
