import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { freshLedger } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import type { Topic } from '../ports/ledger/changes.ts'
import { topics } from '../ports/ledger/changes.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'

let ledger: Ledger
let close: () => Promise<void>
beforeAll(async () => {
  ;({ ledger, close } = await freshLedger())
})
afterAll(() => close())

const now = '2026-11-24T09:30:00.000Z' as Instant
const ref = { connection: 'crm', object: 'deals', id: '1' }
const failure = { problem: { kind: 'auth_rejected' }, message: 'No.', fix: 'Enter a new key.' } as const
const link = { sync: 'orders', kind: 'order', key: 'k', scope: '', target: { connection: 'erp', object: 'order' } }

async function changedBy(work: () => Promise<unknown>): Promise<readonly Topic[]> {
  const before = (await ledger.changes.look()).versions
  await work()
  const after = (await ledger.changes.look()).versions
  return topics.filter((topic) => before[topic] !== after[topic])
}

describe('changes', () => {
  test.each<[string, () => Promise<unknown>, readonly Topic[]]>([
    ['a link', () => ledger.links.intend([{ ...link, source: { ref, label: null } }]), ['deals']],
    [
      'a timeline',
      () => ledger.timeline.add([{ sync: 'orders', ref, at: now, event: 'e', text: 't', details: null, actor: null }]),
      ['deals'],
    ],
    [
      'a problem',
      () => ledger.problems.raise([{ sync: 'orders', causeKey: 'c', failure, records: [ref] }]),
      ['problems'],
    ],
    ['a problem that is over', () => ledger.problems.clear('orders', [ref]), ['problems']],
    ['a run', () => ledger.runs.start('orders', 'manual', now), ['runs']],
    ['the inbox', () => ledger.inbox.add('orders', [ref], { lane: 'live' }), ['status']],
    ['a sync', () => ledger.syncs.get('orders', now), ['status']],
    ['a connection', () => ledger.connections.setPaused('crm', { because: failure, until: now }), ['status']],
    ['a wait', () => ledger.quotas.wait('orders', 'live', { connection: 'crm', afterMs: 1 }), ['status']],
    [
      'a revision',
      () => ledger.revisions.publish({ number: 1, at: now, actor: null, note: null, changes: [] }, {}),
      ['project'],
    ],
    [
      'an audit',
      () => ledger.accounts.audit({ actor: null, from: null, action: 'a', subject: {}, outcome: 'done' }),
      ['audit'],
    ],
    ['a person', () => ledger.accounts.add({ name: 'ida', display: 'Ida', role: 'admin' }), ['accounts']],
    ['a role', () => ledger.accounts.change('ida', { role: 'viewer' }), ['accounts', 'access']],
    [
      'a session that begins',
      () => ledger.accounts.addSession({ digest: Buffer.from('s'), account: 'ida', lastsMs: 60_000 }),
      [],
    ],
    ['a session that is used', () => ledger.accounts.session(Buffer.from('s'), 60_000), []],
    ['a session that ends', () => ledger.accounts.endSession(Buffer.from('s')), ['access']],
    [
      'a token',
      () =>
        ledger.accounts.addToken({
          ...{ digest: Buffer.from('t'), name: 't', role: 'viewer', createdBy: 'ida', lastsMs: 60_000 },
        }),
      ['accounts'],
    ],
    ['a token that is used', () => ledger.accounts.token(Buffer.from('t')), []],
    [
      'a token that ends',
      async () => ledger.accounts.endToken((await ledger.accounts.tokens())[0]?.id ?? ''),
      ['accounts', 'access'],
    ],
    ['a look for work where there is none', () => ledger.inbox.claim('none', { max: 1, worker: 'w', leaseMs: 1 }), []],
  ])('of %s show', async (_name, work, changed) => {
    expect(await changedBy(work)).toEqual(changed)
  })

  test('of a transaction that is not over show, and that it is not', async () => {
    const before = await ledger.changes.look()
    const written = Promise.withResolvers<void>()
    const looked = Promise.withResolvers<void>()
    const writing = ledger.inTransaction(async (tx) => {
      await tx.runs.start('orders', 'manual', now)
      written.resolve()
      await looked.promise
    })
    await written.promise
    const during = await ledger.changes.look()
    looked.resolve()
    await writing
    const after = await ledger.changes.look()
    expect(during.versions.runs).not.toBe(before.versions.runs)
    expect(during.oldest).toBeLessThan(during.next)
    expect(after.versions.runs).toBe(during.versions.runs)
    expect(after.next).toBeGreaterThan(during.next)
  })
})
