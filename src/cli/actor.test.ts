import { expect, test } from '@jest/globals'
import { cli } from './fake.ts'

test.each([
  'run',
  'retry 12',
  'assign 12 ida',
  'mute 12 --because later',
  'unmute 12',
  'link company-55 42',
  'backfill deals --from 2026-11-01 --yes',
  'reconcile deals --mend',
  'hold deals',
  'resume deals',
  'publish',
  'setup hubspot',
])('%s is asked by name of who sits at the command line', async (line) => {
  const asked: string[] = []
  const { code } = await cli(line, {
    as(actor) {
      asked.push(actor)
      throw new Error('asked')
    },
  })
  expect({ code, asked }).toEqual({ code: 1, asked: ['ida@host'] })
})
