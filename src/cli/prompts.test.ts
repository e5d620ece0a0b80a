import { PassThrough } from 'node:stream'
import { expect, test } from '@jest/globals'
import { openPrompts, type Prompts } from './prompts.ts'

const down = '\u001b[B'
const enter = '\r'
const interrupt = '\u0003'
const endOfInput = '\u0004'

/** Presses keys, one after the other, each once the question has been drawn. */
async function answering<T>(keys: readonly string[], ask: (prompts: Prompts) => Promise<T>) {
  const input = new PassThrough()
  const output = new PassThrough()
  let shown = ''
  const left = [...keys]
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    const key = left.shift()
    if (key !== undefined) setImmediate(() => input.write(key))
  })
  return { answer: await ask(openPrompts(input, output)), shown }
}

const choices = [
  { value: 'hubspot', label: 'HubSpot' },
  { value: 'salesforce', label: 'Salesforce', hint: 'production or sandbox' },
]

test.each([
  ['the first by Enter', [enter], 'hubspot'],
  ['the second by the arrow', [down, enter], 'salesforce'],
  ['none by Ctrl-C', [interrupt], null],
  ['none by Ctrl-D', [endOfInput], null],
])('chooses %s', async (_how, keys, chosen) => {
  const { answer, shown } = await answering(keys, (prompts) => prompts.choose('Which CRM?', choices))
  expect(answer).toBe(chosen)
  expect(shown).toContain('Which CRM?')
})

test.each([
  ['y', true],
  [enter, false],
  [interrupt, null],
  [endOfInput, null],
])('confirms only what is said: %j is %s', async (key, confirmed) => {
  const { answer } = await answering([key], (prompts) => prompts.confirm('Deliver them?'))
  expect(answer).toBe(confirmed)
})

test('takes an empty answer', async () => {
  const { answer } = await answering([enter], (prompts) => prompts.ask('Address', { placeholder: 'https://…' }))
  expect(answer).toBe('')
})

// Unanswered, the question would be all that the process waits for, and Node would end it with code 13.
test('a question ends unanswered at Ctrl-D on an empty line, and when the terminal is gone', async () => {
  const ask = (prompts: Prompts) => prompts.ask('Address', { placeholder: 'https://…' })
  expect((await answering([endOfInput], ask)).answer).toBe(null)
  expect((await answering(['a', endOfInput, enter], ask)).answer).toBe('a')
  const input = new PassThrough()
  const asked = ask(openPrompts(input, new PassThrough().resume()))
  input.end()
  expect(await asked).toBe(null)
})

test('never shows a secret', async () => {
  const { answer, shown } = await answering(['h', 'u', 's', 'h', enter], (prompts) => prompts.askSecret('API key'))
  expect(answer).toBe('hush')
  expect(shown).toContain('API key')
  expect(shown).not.toMatch(/[^a-z]u[^a-z]|hush/)
  expect((await answering([enter], (prompts) => prompts.askSecret('API key'))).answer).toBe('')
  expect((await answering(['h', interrupt], (prompts) => prompts.askSecret('API key'))).answer).toBe(null)
})

test.each([
  ['none', [enter], []],
  ['the second', [down, ' ', enter], ['salesforce']],
  ['both', [' ', down, ' ', enter], ['hubspot', 'salesforce']],
  ['nothing, by Ctrl-C', [' ', interrupt], null],
])('chooses several: %s', async (_which, keys, chosen) => {
  const { answer } = await answering(keys, (prompts) => prompts.chooseSeveral('Which ones?', choices))
  expect(answer).toEqual(chosen)
})

test('asks one question after the other on one terminal', async () => {
  const { answer } = await answering([enter, 'y'], async (prompts) => [
    await prompts.choose('Which CRM?', choices),
    await prompts.confirm('Deliver them?'),
  ])
  expect(answer).toEqual(['hubspot', true])
})

// Out of raw mode a terminal hands over whole lines, and echoes what is typed, secrets too.
test('keeps the terminal in raw mode while a later question is open', async () => {
  const raw: boolean[] = []
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => void raw.push(on) })
  const prompts = openPrompts(input as never, new PassThrough().resume())
  const first = prompts.choose('Which CRM?', choices)
  setImmediate(() => input.write(enter))
  expect(await first).toBe('hubspot')
  const second = prompts.askSecret('API key')
  for (let turn = 0; turn < 5; turn += 1) await new Promise((next) => setImmediate(next))
  expect(raw.at(-1)).toBe(true)
  input.write('x')
  setImmediate(() => input.write(enter))
  expect(await second).toBe('x')
})
