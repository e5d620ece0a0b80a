import type { Sealed } from '../ports/ledger/sealed.ts'
import type { Database } from './database.ts'
import { published, server } from './revisions.ts'
import { SealedError, type Vault } from './vault.ts'

interface Row {
  /** What the vault binds the envelope to. */
  readonly name: string
  readonly sealed: string
  /** The files of a revision that is no longer in force: without them it can only not be gone back to. */
  readonly past: boolean
}

const all = {
  name: 'sealed.all',
  text: `
    select connection as name, secrets as sealed, false as past from crosswalk.connections where secrets is not null
    union all select $1, files, number < max(number) over () from crosswalk.revisions where files is not null
    union all select $2, kept, false from crosswalk.started`,
}

const replaceSecrets = {
  name: 'sealed.replaceSecrets',
  text: `update crosswalk.connections set secrets = $3 where connection = $1 and secrets = $2`,
}
const replaceFiles = { name: 'sealed.replaceFiles', text: `update crosswalk.revisions set files = $2 where files = $1` }
const replaceStarted = { name: 'sealed.replaceStarted', text: `update crosswalk.started set kept = $2 where kept = $1` }

const forgetSecrets = {
  name: 'sealed.forgetSecrets',
  text: `update crosswalk.connections set secrets = null where connection = $1 and secrets is not null returning 1`,
}
const forgetFiles = {
  name: 'sealed.forgetFiles',
  text: `update crosswalk.revisions set files = null where files is not null returning 1`,
}
const forgetStarted = { name: 'sealed.forgetStarted', text: `delete from crosswalk.started` }

export function openSealed(database: Database, vault: Vault): Sealed {
  return {
    async reseal() {
      const done: string[] = []
      const lost: string[] = []
      for (const { name, sealed, past } of await database.rows<Row>(all, [published, server])) {
        try {
          const again = vault.seal(vault.open(sealed, name), name)
          // Whatever another process has stored meanwhile is newer, and counts.
          if (name === published) await database.rows(replaceFiles, [sealed, again])
          else if (name === server) await database.rows(replaceStarted, [sealed, again])
          else await database.rows(replaceSecrets, [name, sealed, again])
          if (!past) done.push(name)
        } catch (error) {
          if (!(error instanceof SealedError)) throw error
          if (!past) lost.push(name)
        }
      }
      return { done, lost }
    },
    async forget(connection) {
      if (connection !== null) return (await database.rows(forgetSecrets, [connection])).length > 0
      const forgotten = await database.rows(forgetFiles, [])
      await database.rows(forgetStarted, [])
      return forgotten.length > 0
    },
  }
}
