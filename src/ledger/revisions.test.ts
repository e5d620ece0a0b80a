import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Revision } from '../ports/ledger/revisions.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>

beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())

const revision = (number: number, change: Partial<Revision> = {}): Revision => ({
  number,
  at: `2026-11-24T10:00:0${number}.000Z` as Instant,
  actor: 'ida@host',
  note: null,
  changes: [{ path: 'config/tables/terms.yaml', change: 'changed' }],
  ...change,
})
const files = (text: string) => ({
  'config/tables/terms.yaml': { text, replaces: 'digest' },
  'mappings/odoo/order.yaml': { text: null, replaces: null },
})

test('gives the newest revision with its files, and takes each number once', async () => {
  expect([await ledger.revisions.newest(), await ledger.revisions.files()]).toEqual([0, null])
  expect(await ledger.revisions.publish(revision(1), files('a: first'))).toBe(true)
  expect(await ledger.revisions.publish(revision(2, { note: 'half \ud800', actor: null }), files('a: second'))).toBe(
    true,
  )
  expect(await ledger.revisions.publish(revision(2), files('a: late'))).toBe(false)
  expect(await ledger.revisions.newest()).toBe(2)
  const second = revision(2, { note: 'half \ufffd', actor: null })
  expect(await ledger.revisions.files()).toEqual({ revision: second, files: files('a: second') })
  const kept = true
  expect(await ledger.revisions.list(10)).toEqual([
    { ...second, kept },
    { ...revision(1), kept },
  ])
  expect(await ledger.revisions.list(1)).toEqual([{ ...second, kept }])
})

test('keeps the files of earlier ones to go back to, encrypted, as a configuration may hold secrets', async () => {
  await ledger.revisions.publish(revision(3), files('password: hush-hush'))
  expect(await ledger.revisions.files(1)).toEqual({ revision: revision(1), files: files('a: first') })
  expect((await ledger.revisions.files())?.revision.number).toBe(3)
  expect(await ledger.revisions.files(4)).toBeNull()
  const rows = await database.query('select number, files from crosswalk.revisions order by number')
  expect(rows.map((row) => row.files === null)).toEqual([false, false, false])
  expect(JSON.stringify(rows)).not.toContain('hush')
})

test('keeps the files of the newest hundred alone', async () => {
  await ledger
    .inTransaction(async (tx) => {
      await tx.revisions.publish({ ...revision(3), number: 102 }, files('a: much later'))
      expect(await tx.revisions.files(2)).toBeNull()
      expect((await tx.revisions.files(3))?.files).toEqual(files('password: hush-hush'))
      expect((await tx.revisions.list(9)).map((one) => [one.number, one.kept])).toEqual([
        [102, true],
        [3, true],
        [2, false],
        [1, false],
      ])
      throw new Error('taken back')
    })
    .catch((error: unknown) => expect(error).toEqual(new Error('taken back')))
})

test('files of earlier ones are encrypted anew with the others', async () => {
  const before = await database.query('select number, files from crosswalk.revisions order by number')
  expect(await ledger.sealed.reseal()).toEqual({ done: ['published files'], lost: [] })
  const after = await database.query('select number, files from crosswalk.revisions order by number')
  for (const [index, row] of after.entries()) expect(row.files).not.toBe(before[index]?.files)
  expect((await ledger.revisions.files(1))?.files).toEqual(files('a: first'))
})

test('files of earlier ones that no key opens keep nothing from going on', async () => {
  await ledger.inTransaction(async (tx) => {
    await tx.revisions.publish(revision(4), files('a: fourth'))
  })
  await database.query(
    `update crosswalk.revisions set files = jsonb_set(files::jsonb, '{key}', '"lost"')::text where number = 1`,
  )
  expect(await ledger.sealed.reseal()).toEqual({ done: ['published files'], lost: [] })
  expect((await ledger.revisions.files())?.files).toEqual(files('a: fourth'))
  expect(await ledger.revisions.files(1)).toBeNull()
  await database.query('delete from crosswalk.revisions where number = 4')
})

test('is taken back with the transaction it belongs to', async () => {
  const broken = ledger.inTransaction(async (tx) => {
    await tx.revisions.publish(revision(4), files('a: fourth'))
    throw new Error('no')
  })
  await expect(broken).rejects.toThrow('no')
  expect((await ledger.revisions.files())?.files).toEqual(files('password: hush-hush'))
})

test('remembers what the last server keeps', async () => {
  expect(await ledger.revisions.started()).toBeNull()
  await ledger.revisions.setStarted({ server: 'null' })
  await ledger.revisions.setStarted({ server: '{"port":1}' })
  expect(await ledger.revisions.started()).toEqual({ server: '{"port":1}' })
})
