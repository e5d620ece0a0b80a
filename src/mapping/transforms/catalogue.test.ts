import { describe, expect, test } from '@jest/globals'
import type { Json } from '../../core/json.ts'
import { transforms } from './catalogue.ts'

describe('transforms', () => {
  for (const transform of transforms) {
    for (const example of transform.examples) {
      const params = JSON.stringify(example.params ?? {})
      test(`${transform.name} ${params} of ${JSON.stringify(example.in)}`, () => {
        const prepared = transform.prepare(example.params ?? {})
        if (!prepared.ok) throw new Error(JSON.stringify(prepared.issues))
        const result = prepared.apply(example.in, { zone: 'UTC' })
        if (example.error === undefined) expect(result).toEqual({ ok: true, value: example.out })
        else expect(result).toEqual({ ok: false, why: expect.stringContaining(example.error) })
      })
    }
  }

  test('have names of their own', () => {
    expect(new Set(transforms.map((transform) => transform.name)).size).toBe(transforms.length)
  })

  test('refuse a parameter they do not have', () => {
    for (const transform of transforms) expect(transform.prepare({ nonsense: 1 }).ok).toBe(false)
  })

  test.each([
    ['to_date', { zone: 'Mars/Olympus' }],
    ['divide', { by: 0 }],
    ['multiply', { by: 'x' }],
    ['truncate', { length: 0 }],
    ['to_instant', { time: '25:00' }],
  ])('%s refuses %j', (name, params) => {
    expect(transforms.find((transform) => transform.name === name)?.prepare(params).ok).toBe(false)
  })

  test.each<[string, Readonly<Record<string, Json>>, Json]>([
    ['replace', { find: 'x', by: 'y'.repeat(400_000) }, 'x'.repeat(900_000)],
    ['join', { by: 'y'.repeat(400_000) }, Array.from({ length: 5_000 }, () => 'x')],
    ['prefix', { text: 'y'.repeat(400_000) }, 'x'.repeat(900_000)],
    ['suffix', { text: 'y'.repeat(400_000) }, 'x'.repeat(900_000)],
  ])('%s makes no text that fills the memory', (name, params, value) => {
    const prepared = transforms.find((transform) => transform.name === name)?.prepare(params)
    if (prepared?.ok !== true) throw new Error('not prepared')
    const result = prepared.apply(value, { zone: 'UTC' })
    expect(result).toEqual({ ok: false, why: 'its value is longer than 1000000 characters' })
  })
})
