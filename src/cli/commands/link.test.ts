import { expect, test } from '@jest/globals'
import type { Crosswalk } from '../../app/crosswalk.ts'
import { cli } from '../fake.ts'

type Asked = Parameters<Crosswalk['linkCustomer']>[0]
const answering = (movedFrom: string | null, records: number) => {
  const asked: Asked[] = []
  const linkCustomer = async (what: Asked) => {
    asked.push(what)
    return { sync: 'deals', customer: what.customer, target: what.target, movedFrom, records }
  }
  return { asked, linkCustomer }
}

test('links a customer and says how many deals are tried again', async () => {
  const { asked, linkCustomer } = answering(null, 2)
  const { code, out } = await cli('link company-55 42', { linkCustomer })
  expect({ code, out }).toEqual({
    code: 0,
    out: 'company-55 is now linked to customer 42 of the ERP.\n2 deals will be tried again: crosswalk run\n',
  })
  expect(asked).toEqual([{ customer: 'company-55', target: '42', move: false }])
})

test('says whose customer it was before', async () => {
  const { asked, linkCustomer } = answering('company-54', 0)
  const { out } = await cli('link company-55 42 --sync deals --move', { linkCustomer })
  expect(out).toBe(
    'company-55 is now linked to customer 42 of the ERP. It belonged to company-54 before.\nNo deals wait on a customer.\n',
  )
  expect(asked).toEqual([{ customer: 'company-55', target: '42', sync: 'deals', move: true }])
})

test('--json has what was done', async () => {
  const { linkCustomer } = answering(null, 1)
  expect(JSON.parse((await cli('link company-55 42 --json', { linkCustomer })).out)).toEqual({
    sync: 'deals',
    customer: 'company-55',
    target: '42',
    movedFrom: null,
    records: 1,
  })
})
