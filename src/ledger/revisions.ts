import { z } from 'zod'
import type { Revision, Revisions } from '../ports/ledger/revisions.ts'
import type { Database } from './database.ts'
import { storedJson } from './stored-json.ts'
import { SealedError, type Vault } from './vault.ts'

/** Whose files are kept, to go back to. */
const keptMax = 100
const columns = 'number, at, actor, note, changes'

const newest = {
  name: 'revisions.newest',
  text: `select coalesce(max(number), 0) as number from crosswalk.revisions`,
}

const files = {
  name: 'revisions.files',
  text: `
    select ${columns}, files from crosswalk.revisions
    where files is not null and ($1::bigint is null or number = $1) order by number desc limit 1`,
}

const publish = {
  name: 'revisions.publish',
  text: `
    insert into crosswalk.revisions (number, at, actor, note, changes, files) values ($1, $2, $3, $4, $5, $6)
    on conflict (number) do nothing returning number`,
}

const forgetFiles = {
  name: 'revisions.forgetFiles',
  text: `update crosswalk.revisions set files = null where number <= $1 - ${keptMax} and files is not null`,
}

const list = {
  name: 'revisions.list',
  text: `select ${columns}, files is not null as kept from crosswalk.revisions
    where $1::bigint is null or number < $1 order by number desc limit $2`,
}

const started = { name: 'revisions.started', text: `select kept from crosswalk.started` }

const setStarted = {
  name: 'revisions.setStarted',
  text: `
    insert into crosswalk.started (kept) values ($1)
    on conflict (one) do update set kept = excluded.kept`,
}

// What the vault binds its envelopes to, and names when it cannot open one.
export const published = 'published files'
export const server = 'last start'

const publishedFiles = z.record(z.string(), z.object({ text: z.string().nullable(), replaces: z.string().nullable() }))

export function openRevisions(database: Database, vault: Vault): Revisions {
  return {
    async newest() {
      const [row] = await database.rows<{ number: number }>(newest, [])
      return row?.number ?? 0
    },
    async files(number) {
      const [row] = await database.rows<Revision & { files: string }>(files, [number ?? null])
      if (row === undefined) return null
      const { files: sealed, ...revision } = row
      try {
        return { revision, files: publishedFiles.parse(vault.open(sealed, published)) }
      } catch (error) {
        // What is no longer in force is only looked at: without its key it is as good as gone.
        if (number !== undefined && error instanceof SealedError) return null
        throw error
      }
    },
    publish({ number, at, actor, note, changes }, all) {
      const plain = Object.entries(all).map(([path, { text, replaces }]) => [path, { text, replaces }] as const)
      const sealed = vault.seal(Object.fromEntries(plain), published)
      return database.transaction(async (tx) => {
        const stored = await tx.rows(publish, [number, at, actor, note, storedJson(changes), sealed])
        if (stored.length > 0) await tx.rows(forgetFiles, [number])
        return stored.length > 0
      })
    },
    list: (max, after) => database.rows<Revision & { kept: boolean }>(list, [after, max]),
    async started() {
      const [row] = await database.rows<{ kept: string }>(started, [])
      try {
        return row === undefined ? null : vault.open(row.kept, server)
      } catch (error) {
        // It tells what has changed since the last start: without it, all of it counts as it is.
        if (error instanceof SealedError) return null
        throw error
      }
    },
    async setStarted(kept) {
      await database.rows(setStarted, [vault.seal(kept, server)])
    },
  }
}
