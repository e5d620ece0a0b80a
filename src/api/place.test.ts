import { describe, expect, test } from '@jest/globals'
import { placeOf, placeText } from './place.ts'
import { Refusal } from './problem-reply.ts'

const by = (sort: string, direction: 'asc' | 'desc' = 'desc') => ({ sort, direction })
const moment = '2026-11-24 09:30:00.123456+00'

describe('a place in a list', () => {
  test.each([
    [by('created'), { key: '7', id: '7' }],
    [by('updated'), { key: moment, id: '7' }],
    [by('amount', 'asc'), { key: '-Infinity', id: '7' }],
    [by('amount'), { key: '12.50', id: '7' }],
    [by('deal'), { key: 'größe "a", 北京', id: '7' }],
  ])('goes into an address and comes back: %j', (sorting, place) => {
    const text = placeText(sorting, place) ?? ''
    expect(text).toMatch(/^[\w-]+$/)
    expect(placeOf(sorting, text)).toEqual({ after: place })
  })

  test('is none at the beginning, and at the end', () => {
    expect(placeOf(by('deal'), undefined)).toEqual({})
    expect(placeText(by('deal'), null)).toBeNull()
  })

  test.each([
    ['of another sort', by('deal'), placeText(by('stage'), { key: 'paid', id: '7' })],
    ['of another order', by('deal', 'asc'), placeText(by('deal'), { key: 'a', id: '7' })],
    ['of a list by ids', by('deal'), '7'],
    ['that is none', by('deal'), 'nonsense'],
    ['of a list by something', by('created'), placeText(by('deal'), { key: 'a', id: '7' })],
    ['with no number', by('amount'), placeText(by('amount'), { key: 'NaN', id: '7' })],
    ['with no moment', by('updated'), placeText(by('updated'), { key: '2026-13-40 09:30:00+00', id: '7' })],
    ['with no id', by('deal'), placeText(by('deal'), { key: 'a', id: '7; drop' })],
  ])('%s is refused', (_name, sorting, text) => {
    expect(() => placeOf(sorting, text ?? '')).toThrow(Refusal)
  })
})
