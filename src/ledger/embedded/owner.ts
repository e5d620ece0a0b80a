import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The user PostgreSQL runs as, when it cannot be ours. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * PostgreSQL refuses to run as root. Under root it runs as `postgres` where the host has that user, else as `nobody`.
 * @returns null when it can run as ourselves
 */
export function serverOwner(): Owner | null {
  if (process.getuid?.() !== 0) return null
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => [line.split(':')[0], line.split(':')]),
  )
  const user = users.get('postgres') ?? users.get('nobody')
  if (user === undefined)
    throw new Error(
      'PostgreSQL does not run as root, and this host has neither a user "postgres" nor "nobody". ' +
        'Start as another user, or set DATABASE_URL.',
    )
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

/** Whether `owner` may walk down to `path`; a checkout or a home under a directory of mode 0700 is out of its reach. */
export function canReach(path: string, owner: Owner): boolean {
  const { mode, uid, gid } = statSync(path)
  const walk = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001
  if ((mode & walk) === 0) return false
  const parent = dirname(resolve(path))
  return parent === resolve(path) || canReach(parent, owner)
}
