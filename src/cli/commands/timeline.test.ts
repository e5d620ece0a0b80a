import { expect, test } from '@jest/globals'
import type { TimelineEntry } from '../../ports/ledger/timeline.ts'
import { aLink, aProblem, at, cli, text } from '../fake.ts'

const entry = (when: string, event: string, words: string, details: TimelineEntry['details'] = null) => ({
  sync: 'deals',
  ref: { connection: 'hubspot', object: 'deals', id: '901' },
  at: at(when),
  event,
  text: words,
  details,
  actor: null,
})
const story = [
  entry('2026-11-23T09:29:50Z', 'problem', aProblem.message, { kind: 'lookup_failed', fix: aProblem.fix }),
  entry('2026-11-23T09:30:05Z', 'created', 'An order was created in the ERP for 20 pumps', {
    fields: { partner_id: '7', client_order_ref: 'D-901', note: null },
    lines: [
      { product_id: '12', product_uom_qty: '20', price_unit: '10.5' },
      { product_id: '13', product_uom_qty: '1', price_unit: '99' },
    ],
  }),
  entry('2026-11-23T09:30:09Z', 'confirmed', 'Totals agree with the deal; the order was confirmed'),
  entry('2026-11-23T12:00:00Z', 'stage', 'The order is in production', { stage: 'in_production' }),
  entry('2026-11-23T23:30:09Z', 'stage', 'The order is partly shipped', { stage: 'partly_shipped' }),
  entry('2026-11-23T23:30:10Z', 'reported', 'Written back to the deal', { erp_tracking: 'DHL 123' }),
]
const other = { ...aLink, source: { ...aLink.source, ref: { ...aLink.source.ref, id: '9011' } } }
const answers = { timeline: async () => story, deals: async () => [other, aLink] }

test('the way of an order is broken between two stages where the terminal ends', async () => {
  const way = async (outColumns: number | null) => {
    const { out } = await cli('timeline deal 901', answers, { outColumns })
    return out.split('\n\n')[1]
  }
  const whole = '✓ draft  ✓ confirmed  ✓ in production  ✓ ready  ● partly shipped  ○ shipped  ○ invoiced  ○ paid'
  expect(await way(whole.length)).toBe(whole)
  expect(await way(null)).toBe(whole)
  expect(await way(whole.length - 1)).toBe(whole.replace('  ○ paid', '\n○ paid'))
  expect(await way(40)).toBe(
    text`
    ✓ draft  ✓ confirmed  ✓ in production
    ✓ ready  ● partly shipped  ○ shipped
    ○ invoiced  ○ paid
  `.trimEnd(),
  )
})

test('tells the story of a deal, day by day', async () => {
  const { code, out } = await cli('timeline deal 901', answers)
  expect(code).toBe(0)
  expect(out).toBe(text`
    Deal 901  20 pumps
    Order S00042  partly shipped

    ✓ draft  ✓ confirmed  ✓ in production  ✓ ready  ● partly shipped  ○ shipped  ○ invoiced  ○ paid

    Mon 23 Nov 2026
      10:29:50  ✗ problem    Odoo has no product with default_code "AB-1", which line 2 of the deal
                             names.
                             What to do: Create the product in Odoo; the deals are then delivered by
                             themselves.
      10:30:05  ✓ created    An order was created in the ERP for 20 pumps
                  fields
                    partner_id        7
                    client_order_ref  D-901
                    note              –
                  lines
                    product_id  product_uom_qty  price_unit
                    12          20               10.5
                    13          1                99
      10:30:09  ✓ confirmed  Totals agree with the deal; the order was confirmed
      13:00:00  ● stage      The order is in production

    Tue 24 Nov 2026
      00:30:09  ● stage      The order is partly shipped
      00:30:10  · reported   Written back to the deal
                  erp_tracking  DHL 123

    Times in Europe/Berlin
  `)
})

test('--utc moves the days', async () => {
  const { out } = await cli('timeline deal 901 --utc', answers)
  expect(out).not.toContain('Tue 24 Nov 2026')
  expect(out).toContain('  23:30:09  ● stage')
  expect(out).toContain('Times in UTC')
})

test('shows rules and values of a lineage as a table', async () => {
  const lineage = [
    { field: 'note', value: 'call first', rule: 'deal.notes' },
    { field: 'terms', value: '30 days', rule: 'deal.paymentTerms | map terms' },
  ]
  const { out } = await cli('timeline deal 901', {
    ...answers,
    timeline: async () => [entry('2026-11-23T09:30:05Z', 'created', 'Made', { fields: lineage })],
  })
  expect(out).toContain(
    [
      '              fields',
      '                field  value       rule',
      '                note   call first  deal.notes',
      '                terms  30 days     deal.paymentTerms | map terms',
    ].join('\n'),
  )
})

test('of a deal that waits says so', async () => {
  const waits = {
    ...aLink,
    state: 'intended' as const,
    target: { ...aLink.target, id: null, label: null },
    stage: null,
  }
  const { out } = await cli('timeline deal 901', {
    timeline: async () => story.slice(0, 1),
    deals: async () => [waits],
  })
  expect(out).toMatch(/^Deal 901 {2}20 pumps\nno order yet\n\nMon 23 Nov 2026\n/)
})

test('of a cancelled order shows no way on', async () => {
  const { out } = await cli('timeline deal 901', { ...answers, deals: async () => [{ ...aLink, stage: 'cancelled' }] })
  expect(out).toContain('Order S00042  cancelled\n\n■ cancelled\n')
})

test('of an unknown deal is not found', async () => {
  const nothing = { timeline: async () => [], deals: async () => [] }
  expect(await cli('timeline deal 1', nothing)).toMatchObject({ code: 1, out: 'Nothing is known of deal 1.\n' })
})

test('--json gives the link and the entries', async () => {
  const { code, out } = await cli('timeline deal 901 --json', answers)
  expect({ code, told: JSON.parse(out) }).toEqual({ code: 0, told: { recordId: '901', link: aLink, entries: story } })
})

test('of an id that two connections have asks for the connection', async () => {
  const twin = { ...story[0], ref: { connection: 'hubspot_us', object: 'deals', id: '901' } } as TimelineEntry
  const both = { timeline: async () => [...story, twin], deals: async () => [aLink] }
  const { code, err } = await cli('timeline deal 901', both)
  expect(code).toBe(2)
  expect(err).toContain('deal 901 exists in hubspot and in hubspot_us')
  expect(err).toContain('--connection hubspot')
  const asked: unknown[] = []
  const one = {
    timeline: async (record: unknown) => {
      asked.push(record)
      return story
    },
    deals: async () => [aLink],
  }
  expect((await cli('timeline deal 901 --connection hubspot', one)).code).toBe(0)
  expect(asked).toEqual([{ id: '901', connection: 'hubspot' }])
})

test('names who asked for a step', async () => {
  const asked = {
    ...entry('2026-11-23T09:30:05Z', 'retried', 'Queued to be tried again'),
    actor: 'ida at the command line',
  }
  const { out } = await cli('timeline deal 901', { ...answers, timeline: async () => [asked] })
  expect(out).toContain('Queued to be tried again (ida at the command line)')
})
