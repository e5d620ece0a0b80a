import { expect, test } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import { openRefusals } from './refusals.ts'

test('one line a minute tells of all who were refused, also when the last ones stop', async () => {
  const lines: unknown[] = []
  const minutes: (() => void)[] = []
  const write = (event: string, details?: unknown) => void lines.push([event, details])
  const log = { debug: write, info: write, warn: write, error: write }
  const refusals = openRefusals(
    log,
    () => {},
    (work) => void minutes.push(work),
  )
  const app = express()
  app.use(refusals('hooks', (response) => void response.status(404).end()))
  const knock = async (times: number) => {
    for (let done = 0; done < times; done += 1) await request(app).get('/')
  }
  const told = () => lines.splice(0).map((line) => (line as [string, { requests: number }])[1].requests)
  await knock(5)
  expect(told()).toEqual([1])
  minutes.shift()?.()
  expect(told()).toEqual([4])
  await knock(2)
  expect(told()).toEqual([])
  minutes.shift()?.()
  expect(told()).toEqual([2])
  minutes.shift()?.()
  expect([told(), minutes]).toEqual([[], []])
  await knock(1)
  expect(told()).toEqual([1])
})
