import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { stages } from '../../src/core/documents.ts'
import type { PairNames } from '../extent.ts'
import { dealOf, flawless, prove, settle, settleUntil } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { lazily, openPairOf, type Pair, type Timed } from '../rig.ts'

/** The main job between simulated systems: deals of several kinds become orders, and all that follows comes back. */
export function describeMainJob(pairs: readonly PairNames[]): void {
  describe.each(pairs)('from $crm to $erp', (names) => {
    let pair: Pair & Timed
    let opened: OpenProject
    let companyId: string
    const opening = lazily(async () => {
      pair = await openPairOf(names, { currencies: ['USD'] })
      opened = await pair.open()
      const { erp } = pair.erp
      erp.addProduct({ sku: 'DESK', name: 'Desk', price: '420', route: 'make' })
      erp.addProduct({ sku: 'CHAIR', name: 'Chair', price: '99.5', route: 'buy' })
      erp.addProduct({ sku: 'LAMP', name: 'Lamp', price: '39.9', route: 'stock' })
      erp.addProduct({ sku: 'SETUP', name: 'Setup', price: '95', route: 'service' })
      await opened.crosswalk.setup(names.crm)
      companyId = pair.crm.crm.addCompany({
        name: 'Nordlicht GmbH',
        domain: 'nordlicht.example',
        street: 'Hafenstr. 3',
        city: 'Kiel',
        zip: '24103',
        country: 'Germany',
      })
    })
    beforeEach(opening.get)
    afterAll(async () => {
      await opened?.close()
      await pair?.close()
    })

    const lamp = { sku: 'LAMP', quantity: '3', price: '39.9' }
    const shown = (id: string) => pair.crm.crm.deal(id)?.shown
    const addChair = (id: string, price: string) => {
      const { crm } = pair.crm
      const before = crm.deal(id)?.amount ?? '0'
      crm.addLine(id, { sku: 'CHAIR', quantity: '1', price })
      if (crm.amountIsFree) crm.changeDeal(id, { amount: String(Number(before) + Number(price)) })
    }
    const orderOf = (id: string) => {
      const found = pair.erp.erp.orders().filter((order) => dealOf(order.key) === id)
      expect(found).toHaveLength(1)
      return found[0]
    }
    const shippedOf = (id: string) =>
      orderOf(id)
        ?.lines.map((line) => line.shipped)
        .join(' ')
    const until = (holds: () => boolean, seconds?: number) => settleUntil(opened, pair, holds, seconds)

    test('the mappings that ship fit both systems, and their own tests pass', async () => {
      expect(await opened.crosswalk.lint({ offline: false })).toEqual([])
      const failed = (await opened.crosswalk.test()).filter((one) => !one.ok)
      expect(failed).toEqual([])
      const checks = await opened.crosswalk.check([])
      expect(
        checks.flatMap((one) => one.report?.findings.filter((finding) => finding.level === 'error') ?? []),
      ).toEqual([])
    })

    test('a deal of made, bought, stocked goods and a service goes from won to paid, and shows each step', async () => {
      const lines = [
        { sku: 'DESK', quantity: '2', price: '420' },
        { sku: 'CHAIR', quantity: '4', price: '99.5' },
        { ...lamp, discountPercent: '10' },
        { sku: 'SETUP', quantity: '1', price: '95' },
      ]
      const id = pair.crm.crm.addDeal({ name: 'New office', companyId, lines })
      await settle(opened)
      const order = orderOf(id)
      expect(order).toMatchObject({ state: 'confirmed', net: '1440.73', currency: 'EUR' })
      expect(order?.lines.map((line) => [line.sku, line.quantity])).toEqual([
        ['DESK', '2'],
        ['CHAIR', '4'],
        ['LAMP', '3'],
        ['SETUP', '1'],
      ])
      expect(shown(id)?.orderNumber).toBe(order?.number)
      const seen: string[] = []
      let tracking = ''
      for (let step = 0; step < 30 && shown(id)?.status !== 'paid'; step += 1) {
        const before = shown(id)?.status
        const shipped = shippedOf(id)
        pair.erp.erp.tick()
        // Not every step of the ERP is one that the deal shows; what was shipped always is.
        await until(() => shown(id)?.status !== before, shippedOf(id) === shipped ? 2 : 30)
        seen.push(shown(id)?.status ?? '')
        tracking ||= shown(id)?.trackingNumber ?? ''
      }
      const order_ = seen.map((stage) => stages.indexOf(stage as (typeof stages)[number]))
      expect(order_).toEqual([...order_].sort((a, b) => a - b))
      for (const stage of ['partly_shipped', 'shipped', 'paid']) expect(seen).toContain(stage)
      for (const either of [
        ['in_production', 'in_procurement'],
        ['invoiced', 'partly_paid'],
      ])
        expect(seen.some((stage) => either.includes(stage))).toBe(true)
      expect(tracking).toMatch(/./)
      expect(Number(shown(id)?.outstanding)).toBe(0)
      const told = (await opened.crosswalk.timeline({ id })).map((entry) => entry.event)
      expect(told).toEqual(expect.arrayContaining(['won', 'created', 'confirmed', 'stage', 'reported']))
    })

    test('deals of one customer, a person, another currency and 120 lines each get their order', async () => {
      const { crm } = pair.crm
      const contactId = crm.addContact({ firstName: 'Ida', lastName: 'Brandt', email: 'ida@brandt.example' })
      const abroad = crm.addCompany({ name: 'Beacon Labs Inc.', domain: 'beacon.example', country: 'United States' })
      const many = Array.from({ length: 120 }, (_one, index) => ({ ...lamp, quantity: String(index + 1) }))
      const ids = [
        crm.addDeal({ name: 'One', companyId, lines: [lamp] }),
        crm.addDeal({ name: 'Two 🚢 <b>', companyId, lines: [{ ...lamp, discountEach: '5' }] }),
        crm.addDeal({ name: 'A person', contactId, lines: [lamp] }),
        crm.addDeal({ name: 'Abroad', companyId: abroad, currency: 'USD', lines: [lamp] }),
        crm.addDeal({ name: 'Many', companyId, lines: many }),
      ]
      crm.addDeal({ name: 'Open', state: 'open', companyId, lines: [lamp] })
      await settle(opened)
      const [one, two, person, dollars, long] = ids.map(orderOf)
      expect([one?.net, two?.net, dollars?.currency, long?.lines.length]).toEqual(['119.7', '104.7', 'USD', 120])
      expect(one?.customerId).toBe(two?.customerId)
      expect(new Set([one?.customerId, person?.customerId, dollars?.customerId]).size).toBe(3)
      expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])
      expect(await prove(pair, opened)).toMatchObject(flawless)
    })

    test('a product that is missing is one problem on each deal, and its arrival releases them all', async () => {
      const { crm } = pair.crm
      const line = { sku: 'NEW', quantity: '1', price: '7' }
      const ids = ['a', 'b'].map((name) => crm.addDeal({ name, companyId, lines: [line] }))
      await settle(opened)
      const [problem] = await opened.crosswalk.problems({ max: 10 })
      expect(problem).toMatchObject({ kind: 'lookup_failed', waiting: 2 })
      for (const id of ids) expect(shown(id)?.problem).toContain('NEW')
      pair.erp.erp.addProduct({ sku: 'NEW', name: 'New', price: '7', route: 'stock' })
      await opened.crosswalk.retry({ problem: problem?.id ?? '' })
      await settle(opened)
      for (const id of ids) expect([orderOf(id)?.state, shown(id)?.problem]).toEqual(['confirmed', null])
    })

    test('an amended deal changes its order until something is shipped, and is a problem after', async () => {
      const { crm } = pair.crm
      const id = crm.addDeal({ name: 'Amended', companyId, lines: [lamp] })
      await settle(opened)
      addChair(id, '99.5')
      await until(() => orderOf(id)?.lines.length === 2)
      expect(orderOf(id)?.lines.map((line) => line.sku)).toEqual(['LAMP', 'CHAIR'])
      pair.erp.erp.ship(orderOf(id)?.id ?? '', { part: true })
      await until(() => shown(id)?.status === 'partly_shipped')
      addChair(id, '50')
      await until(() => shown(id)?.problem !== null)
      expect(orderOf(id)?.lines).toHaveLength(2)
      expect(shown(id)?.problem).toContain('partly shipped')
    })

    test('a deal that is no longer won leaves a confirmed order alone and says so', async () => {
      const { crm } = pair.crm
      const id = crm.addDeal({ name: 'Lost', companyId, lines: [lamp] })
      await settle(opened)
      crm.changeDeal(id, { state: 'lost' })
      await until(() => shown(id)?.problem !== null)
      expect([orderOf(id)?.state, shown(id)?.problem]).toEqual(['confirmed', expect.stringContaining('no longer won')])
    })

    test('deals that wait for the ERP say so while it is down, with an order and without, and no longer once it is back', async () => {
      const { crm } = pair.crm
      const ordered = crm.addDeal({ name: 'Ordered before', companyId, lines: [lamp] })
      await settle(opened)
      const number = shown(ordered)?.orderNumber
      pair.erp.fault({ match: {}, kind: 'status', status: 503, times: 1_000_000 })
      const waiting = crm.addDeal({ name: 'Won meanwhile', companyId, lines: [lamp] })
      const left = crm.addDeal({ name: 'Open', state: 'open', companyId, lines: [lamp] })
      crm.changeDeal(ordered, { name: 'Ordered before, and edited' })
      addChair(ordered, '99.5')
      const run = async (seconds: number) => {
        pair.pass(seconds * 1000)
        await opened.crosswalk.run([], {})
      }
      for (let minute = 0; minute < 3; minute += 1) await run(30)
      await run(61)
      for (let second = 0; second < 30 && shown(waiting)?.problem === null; second += 1) await run(1)
      expect([shown(waiting)?.problem, shown(ordered)?.problem]).toEqual([
        expect.stringMatching(/./),
        expect.stringMatching(/./),
      ])
      expect([shown(left)?.problem, shown(ordered)?.orderNumber]).toEqual([null, number])
      pair.erp.clearFaults()
      await until(() => shown(waiting)?.orderNumber !== null && shown(ordered)?.problem === null, 600)
      expect([shown(waiting)?.problem, shown(ordered)?.problem]).toEqual([null, null])
      expect(orderOf(ordered)?.lines).toHaveLength(2)
      const own = (await opened.crosswalk.problems({ max: 100 })).filter((one) => one.kind === 'unavailable')
      expect(own).toEqual([])
    })

    test('after the ledger was lost every order is found by its key', async () => {
      const before = pair.erp.erp.orders().length
      const problems = (await opened.crosswalk.problems({ max: 100 })).length
      await opened.close()
      await pair.forget()
      opened = await pair.open()
      await settle(opened)
      expect(pair.erp.erp.orders()).toHaveLength(before)
      expect(problems).toBeGreaterThan(0)
    })
  })
}
