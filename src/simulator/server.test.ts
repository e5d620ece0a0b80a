import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Simulator, startSimulator } from './server.ts'

let simulator: Simulator
let events: string[]

beforeEach(async () => {
  events = []
  simulator = await startSimulator({
    handle({ path }) {
      events.push(`${path} done`)
      return { status: 200, body: {} }
    },
  })
})
afterEach(() => simulator.close())

const call = (path: string, body = '{}') =>
  fetch(`${simulator.url}${path}`, { method: 'POST', body }).then(
    (reply) => reply.status,
    () => 'lost',
  )

describe('who watches', () => {
  const note = (when: string) => (request: { path: string }) => void events.push(`${request.path} ${when}`)

  test('is told before a request is carried out, and once it was answered', async () => {
    simulator.watch({ path: '/orders' }, 'arrived', note('arrived'))
    const answered = new Promise((resolve) => {
      simulator.watch({ path: '/orders' }, 'answered', (request) => {
        note('answered')(request)
        resolve(null)
      })
    })
    await call('/other')
    await call('/orders')
    await answered
    expect(events).toEqual(['/other done', '/orders arrived', '/orders done', '/orders answered'])
  })

  test('is told of what only matches, and of nothing after the end', async () => {
    const end = simulator.watch({ method: 'POST', body: 'confirm' }, 'arrived', note('arrived'))
    await call('/a', '{"do":"confirm"}')
    await call('/b', '{"do":"create"}')
    end()
    await call('/c', '{"do":"confirm"}')
    expect(events).toEqual(['/a arrived', '/a done', '/b done', '/c done'])
  })

  test('is not told that an answer has left which was lost', async () => {
    simulator.watch({}, 'answered', note('answered'))
    simulator.fault({ match: {}, kind: 'lose_answer' })
    expect(await call('/lost')).toBe('lost')
    await call('/next')
    expect(events).not.toContain('/lost answered')
  })
})

test('a fault strikes every so many of the requests that match, after those let through, so often', async () => {
  simulator.fault({ match: { path: '/x' }, kind: 'status', status: 503, skip: 1, every: 3, times: 2 })
  const statuses: unknown[] = []
  for (let request = 0; request < 11; request += 1) {
    if (request === 2) await call('/y')
    statuses.push(await call('/x'))
  }
  expect(statuses).toEqual([200, 200, 200, 503, 200, 200, 503, 200, 200, 200, 200])
})
