import { expect, test } from '@jest/globals'
import { cli } from '../fake.ts'

function answering() {
  const asked: unknown[] = []
  return {
    asked,
    async muteProblem(...given: unknown[]) {
      asked.push(['mute', ...given])
    },
    async unmuteProblem(...given: unknown[]) {
      asked.push(['unmute', ...given])
    },
  }
}

test('mutes a problem with a reason, and says how it is over', async () => {
  const { asked, ...answers } = answering()
  const { code, out } = await cli('mute 12 --because later', answers)
  expect({ code, out }).toEqual({ code: 0, out: 'Problem 12 is muted until it gets worse: crosswalk unmute 12\n' })
  const until = await cli('mute 12 --because later --until 2026-12-01', answers)
  expect(until.out).toBe('Problem 12 is muted until it gets worse or 2026-12-01: crosswalk unmute 12\n')
  const { out: json } = await cli('mute 12 --because later --json', answers)
  expect(JSON.parse(json)).toEqual({ problem: '12', muted: true, until: null })
  expect(asked).toEqual([
    ['mute', '12', { because: 'later' }],
    ['mute', '12', { because: 'later', until: '2026-12-01' }],
    ['mute', '12', { because: 'later' }],
  ])
})

test.each(['mute 12', 'mute 12 --because later --until 2026-02-30', 'mute --because later', 'unmute'])(
  'refuses %s',
  async (line) => {
    const { asked, ...answers } = answering()
    expect({ code: (await cli(line, answers)).code, asked }).toEqual({ code: 2, asked: [] })
  },
)

test('ends a mute', async () => {
  const { asked, ...answers } = answering()
  expect(await cli('unmute 12', answers)).toMatchObject({ code: 0, out: 'Problem 12 is no longer muted.\n' })
  expect(JSON.parse((await cli('unmute 12 --json', answers)).out)).toEqual({ problem: '12', muted: false })
  expect(asked).toEqual([
    ['unmute', '12'],
    ['unmute', '12'],
  ])
})
