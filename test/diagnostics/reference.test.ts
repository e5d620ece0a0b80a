import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { mappingPage, transformsPage } from '../../src/mapping/compile/reference.ts'

test.each([
  ['mapping.md', mappingPage()],
  ['transforms.md', transformsPage()],
])('docs/reference/%s is what the code says', (name, text) => {
  expect(readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8')).toBe(text)
})
