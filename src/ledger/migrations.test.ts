import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseMigration, readMigrations } from './migrations.ts'

const migrations = await readMigrations()

/** As they were released: what ran somewhere is never changed. */
const released = {
  '0001-tables.sql': '1ee58fa47697191d',
  '0002-functions.sql': '0355ddffd305c1d7',
  '0003-records.sql': '24b27480fe0506fb',
  '0004-revisions.sql': '2c206e599b53e8c1',
  '0005-search.sql': '8e20378311dee7e1',
  '0006-start-problems.sql': 'f85111d238a7fa79',
  '0008-decisions.sql': '74050efd5b3940a1',
  '0009-alerts.sql': 'a4354b6902527668',
  '0010-processes.sql': 'd20a82154bd7bcf0',
  '0011-quotas.sql': '32b05aec353fa497',
  '0012-bounded.sql': '79daeffa3daad9d0',
  '0013-archive.sql': '9ae366b0b447d2d3',
  '0014-accounts.sql': 'dfbccafddfd05636',
  '0015-identities.sql': '8aae62a726aaedc4',
  '0016-problems.sql': '19bfd22c0af34f25',
  '0017-changes.sql': 'cc762fb6eeda8c40',
  '0018-shared-orders.sql': 'b51a352e690b590d',
}

/** What older processes that go on working need, and an additive migration must not take from them. */
const taken: readonly (readonly [string, RegExp])[] = [
  ['something is dropped', /\bdrop\s+(table|column|constraint|function|schema|view|type|default|not\s+null)\b/],
  ['something is renamed', /\brename\b/],
  ['a type is changed', /\balter\s+column\s+\w+\s+(set\s+data\s+)?type\b/],
  ['a column must be given', /\badd\s+column\s+(?![^,;]*\b(default|generated)\b)[^,;]*\bnot\s+null\b/],
  ['a column must be given', /\balter\s+column\s+\w+\s+set\s+not\s+null\b/],
  ['rows are refused', /\balter\s+table\b[^;]*\badd\s+(constraint|check|unique|primary|exclude|foreign)\b/],
  ['rows are refused', /\bcreate\s+unique\s+index\b/],
  ['rows are removed', /\bdelete\s+from\b|\btruncate\b/],
]

/** Of tables that the migration itself makes, nobody knows yet. */
function taking(sql: string): readonly string[] {
  const statements = sql
    .replace(/--[^\n]*/g, '')
    .replace(/\$\$.*?\$\$/gs, '')
    .toLowerCase()
    .split(';')
  const own = [...sql.matchAll(/create table crosswalk\.(\w+)/g)].map(([, table]) => table)
  const of = (text: string) => /\b(?:on|table|from|truncate)\s+crosswalk\.(\w+)/.exec(text)?.[1]
  return statements
    .filter((text) => !own.includes(of(text)))
    .flatMap((text) => taken.filter(([, pattern]) => pattern.test(text)).map(([what]) => what))
}

describe('migrations', () => {
  test('are as they were released', () => {
    const now = Object.fromEntries(migrations.map(({ name, digest }) => [name, digest.slice(0, 16)]))
    expect(now).toMatchObject(released)
  })

  test('say in their first line whether older processes survive them', () => {
    expect(parseMigration('1.sql', '-- additive\nselect 1')).toMatchObject({ kind: 'additive', sql: 'select 1' })
    expect(parseMigration('1.sql', '-- breaking: all of it\nselect 1')).toMatchObject({ kind: 'breaking' })
    for (const text of ['select 1', '-- additive or not\nselect 1', '-- breaking\nselect 1', '\n-- additive\nselect 1'])
      expect(() => parseMigration('1.sql', text)).toThrow('1.sql: the first line must be')
  })

  test.each([
    ['something is dropped', 'alter table crosswalk.links drop column stage;'],
    ['something is renamed', 'alter table crosswalk.links rename column stage to state_there;'],
    ['a type is changed', 'alter table crosswalk.runs alter column counts type text;'],
    ['a column must be given', 'alter table crosswalk.links add column more text not null;'],
    ['a column must be given', 'alter table crosswalk.links alter column stage set not null;'],
    ['rows are refused', 'alter table crosswalk.links add constraint known check (kind <> key);'],
    ['rows are refused', 'create unique index one on crosswalk.runs (sync);'],
    ['rows are removed', 'delete from crosswalk.allowances;'],
  ])('that are additive are refused where %s', (what, sql) => {
    expect(taking(sql)).toEqual([what])
    expect(taking(`create table crosswalk.more (id int);\n${sql.replace(/crosswalk\.\w+/, 'crosswalk.more')}`)).toEqual(
      [],
    )
  })

  test.each(migrations.filter(({ kind }) => kind === 'additive').map(({ name, sql }) => [name, sql]))(
    '%s takes nothing from older processes',
    (_name, sql) => {
      expect(taking(sql)).toEqual([])
    },
  )
})

/** Ways to say "all columns", which are others once a newer release has added some. */
function loose(text: string): readonly string[] {
  const stars = text.matchAll(
    /\b(?:select|returning)\s(?:[\s\w.,"]*,)?\s*(?:\w+\.)?\*(?!\s+from\s+(?:rows\s+from|jsonb?_\w+\s*\())/g,
  )
  const inserts = text.matchAll(/\binsert\s+into\s+crosswalk\.\w+(?!\w|\s*\(|\s+as\s+\w+\s*\()/g)
  return [...stars, ...inserts].map(([found]) => found)
}

describe('statements name their columns', () => {
  test.each([
    'select * from crosswalk.links',
    'select link.* from crosswalk.links link',
    'select id, link.* from crosswalk.links link',
    'update crosswalk.links set stage = null returning *',
    'insert into crosswalk.runs values (1)',
    'insert into crosswalk.runs as run select 1',
    'insert into crosswalk.runs\n      select 1',
  ])('unlike "%s"', (text) => {
    expect(loose(text)).toHaveLength(1)
  })

  test.each([
    'select count(*) from crosswalk.links',
    'select * from jsonb_to_recordset($1) as given (id bigint)',
    'insert into crosswalk.runs as run (sync) values ($1)',
    'insert into crosswalk.runs (\n sync) select $1',
  ])('as "%s"', (text) => {
    expect(loose(text)).toEqual([])
  })

  test('in all of the ledger, and in functions of the database', async () => {
    const files = (await readdir(import.meta.dirname)).filter(
      (name) => name.endsWith('.ts') && !name.includes('.test.'),
    )
    const texts = await Promise.all(
      files.map(async (name) => [name, await readFile(join(import.meta.dirname, name), 'utf8')] as const),
    )
    // Those before are as they were released; none of their functions reads a table so that has got columns since.
    const later = migrations.filter(({ name }) => name > '0009').map(({ name, sql }) => [name, sql] as const)
    const found = [...texts, ...later].flatMap(([name, text]) => loose(text).map((one) => `${name}: ${one}`))
    expect(found).toEqual([])
    expect(texts.filter(([, text]) => text.includes('crosswalk.')).length).toBeGreaterThan(12)
  })
})
