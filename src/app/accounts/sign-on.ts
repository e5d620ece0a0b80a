import { randomBytes } from 'node:crypto'
import type { ProviderPerson } from '../../ports/identity-provider.ts'
import type { Account } from '../../ports/ledger/accounts.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'

const nameMax = 100
const baseMax = 80
const samesMost = 20
const attemptsMost = 3

/**
 * The account of a person who has come from the provider, in that role; one who comes for the first time is added.
 * @param reserved  a name that nobody gets so
 */
export async function accountOf(
  accounts: Ledger['accounts'],
  person: ProviderPerson,
  { role, reserved }: { role: string; reserved: string },
): Promise<Account> {
  const display = displayOf(person)
  for (let attempt = 0; attempt < attemptsMost; attempt += 1) {
    const known = await accounts.ofIdentity(person)
    if (known !== null) return (await accounts.change(known.name, { role })) ?? known
    const names = namesFor(person).filter((name) => name !== reserved)
    await accounts.addOfIdentity(person, { names, display, role })
  }
  throw new Error('no account was added')
}

const displayOf = ({ display, names }: ProviderPerson): string =>
  (display ?? names[0] ?? 'Somebody')
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, nameMax) || 'Somebody'

/** Names to try, one after the other: a person never gets the account of another one who has the same. */
function namesFor({ names }: ProviderPerson): readonly string[] {
  const own = names.map(asName).filter((name) => name !== '')
  const base = own[0] ?? 'person'
  const numbered = Array.from({ length: samesMost }, (_, nth) => `${base}-${nth + 2}`)
  return [...(own.length === 0 ? [base] : own), ...numbered, `${base}-${randomBytes(6).toString('hex')}`]
}

/** By the rules for names of accounts. */
const asName = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9._@+-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, baseMax)
