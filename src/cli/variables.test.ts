import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { expect, test } from '@jest/globals'
import { replaceFile, withVariables } from './variables.ts'

const key = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----'

test.each([
  'plain-token_123',
  'with space',
  'hash # in it',
  `it's`,
  'say "when"',
  `it's "both"`,
  'a\\nb',
  '$HOME',
  'a=b',
  '',
  key,
])('%j comes back as it was written', (value) => {
  const text = withVariables('FIRST=1\n', new Map([['TOKEN', value]]))
  expect(parseEnv(`${text}LAST=2\n`)).toEqual({ FIRST: '1', TOKEN: value, LAST: '2' })
})

test('replaces what is there and keeps every other line', () => {
  const before = `# ours\nexport TOKEN='old # one' # of May\nOTHER=2\nKEY="${key}"\n# end`
  const text = withVariables(
    before,
    new Map([
      ['TOKEN', 'new'],
      ['KEY', 'short'],
      ['MORE', 'x'],
    ]),
  )
  expect(text).toBe('# ours\nTOKEN=new\nOTHER=2\nKEY=short\n# end\nMORE=x\n')
})

test('leaves a variable alone whose name merely ends the same', () => {
  expect(withVariables('MY_TOKEN=1\nTOKEN_2=2\n', new Map([['TOKEN', '3']]))).toBe('MY_TOKEN=1\nTOKEN_2=2\nTOKEN=3\n')
})

test('refuses what such a file cannot hold', () => {
  expect(() => withVariables('', new Map([['TOKEN', `'"\`\n#`]]))).toThrow('TOKEN cannot be written into a .env file')
})

test('a file of secrets is for its owner alone, also when it was not before, and a link stays one', async () => {
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-variables-'))
  try {
    const file = join(root, '.env')
    await writeFile(join(root, 'shared'), 'A=1\n', { mode: 0o644 })
    await symlink(join(root, 'shared'), file)
    await replaceFile(file, 'A=2\n', 0o600)
    expect(await readFile(join(root, 'shared'), 'utf8')).toBe('A=2\n')
    expect((await stat(join(root, 'shared'))).mode & 0o777).toBe(0o600)
  } finally {
    await rm(root, { recursive: true })
  }
})
