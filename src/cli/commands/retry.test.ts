import { expect, test } from '@jest/globals'
import { cli } from '../fake.ts'

function answering(queued: number) {
  const asked: unknown[] = []
  const retry = async (what: object) => {
    asked.push(what)
    return queued
  }
  return { asked, retry }
}

test('has the records of problems tried again', async () => {
  const { asked, retry } = answering(5)
  const { code, out } = await cli('retry 12 13', { retry })
  expect({ code, out }).toEqual({ code: 0, out: '10 records will be tried again: crosswalk run\n' })
  expect(asked).toEqual([{ problem: '12' }, { problem: '13' }])
})

test('has records of a sync tried again', async () => {
  const { asked, retry } = answering(2)
  expect(JSON.parse((await cli('retry --sync deals 901 902 --json', { retry })).out)).toEqual({ queued: 2 })
  expect(asked).toEqual([{ sync: 'deals', records: ['901', '902'] }])
})

test('says when nothing waits there', async () => {
  const { retry } = answering(0)
  expect(await cli('retry 99', { retry })).toMatchObject({ code: 1, out: 'No records wait there.\n' })
})

test('needs to be told what', async () => {
  expect((await cli('retry')).code).toBe(2)
})
