import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { withEnvFile } from './env-file.ts'

test('the .env of the project fills in what the environment does not have', async () => {
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-env-'))
  try {
    await mkdir(join(root, 'config'))
    const config = join(root, 'config', 'crosswalk.yaml')
    expect(await withEnvFile(config, { A: '1' })).toEqual({ A: '1' })
    await writeFile(join(root, '.env'), '# secrets\nA=file\nTOKEN="hush # not a comment"\n')
    expect(await withEnvFile(config, { A: '1' })).toEqual({ A: '1', TOKEN: 'hush # not a comment' })
    expect(await withEnvFile(join(root, 'crosswalk.yaml'), {})).toEqual({ A: 'file', TOKEN: 'hush # not a comment' })
  } finally {
    await rm(root, { recursive: true })
  }
})
