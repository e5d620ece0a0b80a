import { expect, test } from '@jest/globals'
import { settle, settleUntil } from '../faults/proof.ts'
import { openRig } from '../rig.ts'

test('a deal is found by what is known of it and of its order', async () => {
  const rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  const opened = await rig.open()
  try {
    await opened.crosswalk.setup('hubspot')
    rig.erp.erp.addProduct({ sku: 'LAMP', price: '39.9', route: 'stock' })
    const { crm } = rig.crm
    const lines = [{ sku: 'LAMP', quantity: '1', price: '39.9' }]
    const id = crm.addDeal({ name: 'One', companyId: crm.addCompany({ name: 'Alpha GmbH' }), lines })
    crm.addDeal({ name: 'Two', companyId: crm.addCompany({ name: 'Beta AG' }), lines })
    await settle(opened)
    while (rig.erp.erp.tick() > 0) await settle(opened)
    await settleUntil(opened, rig, () => crm.deal(id)?.shown.status === 'paid')
    const found = async (text: string) =>
      (await opened.crosswalk.deals({ text, max: 10 })).map((link) => link.source.ref.id)
    const { orderNumber } = crm.deal(id)?.shown ?? {}
    const { 'properties.erp_invoice_no': invoice } =
      (await opened.crosswalk.deals({ text: id, max: 1 }))[0]?.source.written ?? {}
    expect([typeof orderNumber, typeof invoice]).toEqual(['string', 'string'])
    for (const text of ['alpha', String(orderNumber), String(invoice)]) {
      expect([text, await found(text)]).toEqual([text, [id]])
    }
    expect(await found('LAMP')).toHaveLength(2)
    expect(await found('GAMMA')).toEqual([])
  } finally {
    await opened.close()
    await rig.close()
  }
}, 60_000)
