import { expect, test } from '@jest/globals'
import { cli } from '../fake.ts'

test('holds a sync and says how to let it go on', async () => {
  const asked: unknown[] = []
  const hold = async (...given: [string, string]) => {
    asked.push(given)
  }
  const { code, out } = await cli('hold deals', { hold })
  expect({ code, out }).toEqual({ code: 0, out: 'deals is held. To resume it: crosswalk resume deals\n' })
  await cli('hold deals --because stocktaking', { hold })
  expect(asked).toEqual([
    ['deals', 'held on the command line'],
    ['deals', 'stocktaking'],
  ])
})

test('--json says so', async () => {
  expect(JSON.parse((await cli('hold deals --json', { hold: async () => {} })).out)).toEqual({
    sync: 'deals',
    held: true,
  })
})
