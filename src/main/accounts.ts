import { type AccountsOf, openAccounts } from '../app/accounts/accounts.ts'
import { SyncError } from '../core/problem.ts'
import { type Place, withLedger } from './with-ledger.ts'

/** People who may sign in, looked after by who has the machine: also where nobody can sign in any more. */
export const listAccounts = (place: Place) => withLedger(place, (ledger) => openAccounts(ledger).list())

/**
 * A one-time link for a person, who is added when there is none of that name. One who was disabled may sign in again.
 * @param role  of a new person, or another one for who is there; null leaves it, and is viewer for a new one
 * @throws SyncError for a person who signs in at the provider
 * @returns the path of the link, below the address of the server
 */
export const linkAccount = (place: Place, name: string, role: string | null) =>
  withLedger(place, async (ledger) => {
    const accounts = openAccounts(ledger)
    const before = await accounts.find(name)
    if (before === null) await accounts.add({ name, display: name, role: role ?? 'viewer' })
    else if (before.isSingleSignOn) throw hasNoPassword(name)
    else await accounts.change(name, { isDisabled: false, ...(role === null ? {} : { role }) })
    return linkOf(await accounts.newLink(name), before === null)
  })

const hasNoPassword = (name: string) =>
  new SyncError(`${name} signs in at the provider, and has no password here`, {
    problem: { kind: 'configuration_invalid', path: 'server.oidc' },
    fix: 'Take another name, or enable the account in the console.',
  })

const linkOf = ({ secret, endsAt }: Awaited<ReturnType<AccountsOf['newLink']>>, isNew: boolean) => ({
  path: `/setup#${secret}`,
  endsAt,
  isNew,
})
