import { expect, test } from '@jest/globals'
import type { ObjectSchema } from '../../ports/connector.ts'
import { cli, text } from '../fake.ts'

const plain = { writable: true, required: false }
const deals: ObjectSchema = {
  object: 'deals',
  fields: {
    id: { label: 'Id', type: 'text', writable: false, required: false },
    properties: {
      label: 'Properties',
      type: 'object',
      ...plain,
      fields: {
        amount: { label: 'Amount', type: 'number', ...plain },
        dealstage: { label: 'Stage', type: 'text', writable: true, required: true, options: ['won', 'lost'] },
      },
    },
    line_items: { label: 'Line items', type: 'list', writable: false, required: false, relation: 'line_items' },
  },
}
const describe = async () => deals

test('lists the paths that a mapping uses', async () => {
  const { code, out, err } = await cli('describe crm deals', { describe })
  expect({ code, err }).toEqual({ code: 0, err: '4 fields\n' })
  expect(out).toBe(text`
    PATH                  TYPE               WRITE     LABEL       VALUES
    id                    text               no        Id
    properties.amount     number             yes       Amount
    properties.dealstage  text               required  Stage       won lost
    line_items            list → line_items  no        Line items
  `)
})

test.each([
  ['AMOUNT', ['properties.amount']],
  ['stage', ['properties.dealstage']],
  ['line items', ['line_items']],
  ['nothing', []],
])('--filter looks through paths and labels: %s', async (filter, paths) => {
  const word = filter.split(' ')[0]
  const { out } = await cli(`describe crm deals --json --filter ${word}`, { describe })
  expect(JSON.parse(out).fields.map((field: { path: string }) => field.path)).toEqual(paths)
})

test('--json gives every field under its path', async () => {
  const { out } = await cli('describe crm deals --json --filter dealstage', { describe })
  expect(JSON.parse(out)).toEqual({
    object: 'deals',
    fields: [
      {
        path: 'properties.dealstage',
        label: 'Stage',
        type: 'text',
        writable: true,
        required: true,
        relation: null,
        options: ['won', 'lost'],
      },
    ],
  })
})
