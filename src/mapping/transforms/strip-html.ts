import { z } from 'zod'
import { defineTransform } from './transform.ts'

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

export const stripHtml = defineTransform({
  name: 'strip_html',
  summary:
    'Plain text of a rich text field: tags go, paragraphs and breaks become new lines, entities their characters.',
  params: z.strictObject({}),
  input: 'text',
  output: 'text',
  examples: [
    { in: '<p>Gate&nbsp;3,<br>ring &amp; wait</p><p>Thanks</p>', out: 'Gate 3,\nring & wait\nThanks' },
    { in: 'a < b', out: 'a < b' },
    { in: '&#8364; 5 &lt;b&gt;', out: '€ 5 <b>' },
  ],
  apply(value) {
    const plain = value
      .replace(/<(br|\/p|\/div|\/li|\/h[1-6]|\/tr)\b[^<>]*>/gi, '\n')
      .replace(/<\/?[a-z!][^<>]*>/gi, '')
      .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi, (whole, name: string) => decode(name) ?? whole)
    return { ok: true, value: plain.replace(/[ \t]*\n\s*/g, '\n').trim() }
  },
})

function decode(name: string): string | undefined {
  if (!name.startsWith('#')) return Object.hasOwn(named, name.toLowerCase()) ? named[name.toLowerCase()] : undefined
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return Number.isInteger(code) && code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
