import { describe, expect, test } from '@jest/globals'
import { changesOf, inForce, textsOf } from './files.ts'

const digest = (text: string) => `digest of ${text}`
const published = (text: string | null, replaces: string | null) => ({ table: { text, replaces } })
const disk = (text: string | null) => new Map(text === null ? [] : [['table', text]])

describe('what is in force at a start', () => {
  test.each([
    ['the disk, when nothing was published', 'old', null, 'old'],
    ['what was published over the file on disk', 'old', published('new', digest('old')), 'new'],
    ['the disk, once it was edited', 'edited', published('new', digest('old')), 'edited'],
    ['the disk, once the file was deleted there', null, published('new', digest('old')), undefined],
    ['a file that was published where there was none', null, published('new', null), 'new'],
    ['the disk, where a file came later', 'later', published('new', null), 'later'],
    ['no file, where one was removed', 'old', published(null, digest('old')), undefined],
    ['a file that was removed and then edited on disk', 'edited', published(null, digest('old')), 'edited'],
  ])('is %s', (_what, text, files, expected) => {
    expect(textsOf(inForce(disk(text), files, digest)).get('table')).toBe(expected)
  })

  test('stays the same when it is published again', () => {
    const once = inForce(disk('old'), published(null, digest('old')), digest)
    expect(inForce(disk('old'), Object.fromEntries(once), digest)).toEqual(once)
  })
})

test('changes are told by path', () => {
  const before = new Map([
    ['same', 'a'],
    ['other', 'a'],
    ['gone', 'a'],
  ])
  const after = new Map([
    ['same', 'a'],
    ['other', 'b'],
    ['fresh', 'b'],
  ])
  expect(changesOf(before, after)).toEqual([
    { path: 'fresh', change: 'new' },
    { path: 'gone', change: 'removed' },
    { path: 'other', change: 'changed' },
  ])
})
