import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The user PostgreSQL runs as, when it cannot be ours. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Distributions give these ids to nobody: neither to a service, nor to a user, nor to a container. */
const ownIds = { first: 65520, last: 65533 }

/**
 * PostgreSQL refuses to run as root. Under root it runs as a user of its own, so that no other program of the host is the same
 * user and could reach its files or its socket; it needs no name for that.
 * @returns null when it can run as ourselves
 */
export function serverOwner(): Owner | null {
  if (process.getuid?.() !== 0) return null
  if (process.platform !== 'linux') return namedOwner()
  const taken = new Set([...idsIn('/etc/passwd'), ...idsIn('/etc/group')])
  for (let id = ownIds.first; id <= ownIds.last; id += 1) if (!taken.has(id)) return { uid: id, gid: id }
  throw new Error(
    `PostgreSQL does not run as root, and the users ${ownIds.first} to ${ownIds.last} are all taken on this host. ` +
      'Start as another user, or set DATABASE_URL.',
  )
}

/**
 * A user that has a name, which the program that makes PostgreSQL's files asks for: `postgres` where the host has that user, else
 * `nobody`. The files are handed to their owner as soon as they are made.
 * @returns null when we are not root
 */
export function namedOwner(): Owner | null {
  if (process.getuid?.() !== 0) return null
  const users = new Map(entriesOf('/etc/passwd').map((entry) => [entry[0], entry]))
  const user = users.get('postgres') ?? users.get('nobody')
  if (user === undefined)
    throw new Error(
      'PostgreSQL does not run as root, and this host has neither a user "postgres" nor "nobody". ' +
        'Start as another user, or set DATABASE_URL.',
    )
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

const entriesOf = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
const idsIn = (file: string): number[] => entriesOf(file).map((entry) => Number(entry[2]))

/** Whether `owner` may walk down to `path`; a checkout or a home under a directory of mode 0700 is out of its reach. */
export function canReach(path: string, owner: Owner): boolean {
  const { mode, uid, gid } = statSync(path)
  const walk = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001
  if ((mode & walk) === 0) return false
  const parent = dirname(resolve(path))
  return parent === resolve(path) || canReach(parent, owner)
}
