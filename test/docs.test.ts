import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { registry } from '../connectors/registry.ts'
import { configSchema } from '../src/app/project/config.ts'
import { isObject, type Json } from '../src/core/json.ts'
import { openMetrics } from '../src/log/metrics.ts'
import { referencePages } from '../src/main/reference.ts'
import { type CompiledMapping, compileMapping } from '../src/mapping/compile/compile.ts'
import { formatFinding, type MappingFile } from '../src/mapping/compile/finding.ts'
import { parseTable } from '../src/mapping/compile/table.ts'
import { openSandbox } from '../src/mapping/sandbox/sandbox.ts'
import { runMappingTests } from '../src/mapping/testing/test-file.ts'

/* What the pages say is held against the code, as far as a machine can. */

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = globSync(['*.md', '{docs,connectors,mappings,test}/**/*.md'], { cwd: root }).sort()
const sources = globSync('{src,connectors}/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'))
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')

test('there are pages to look at', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/concepts.md', 'connectors/hubspot/README.md']))
})

test.each([...referencePages()])('%s is what the code says; else run `node src/main/reference.ts`', (path, text) => {
  expect(read(path)).toBe(text)
})

test('the demo shows the pair that docs/cli.md names', () => {
  const first = (role: 'crm' | 'erp') => registry.find((system) => system.role === role)?.title
  expect(read('docs/cli.md')).toContain(`${first('crm')} and ${first('erp')} unless others are named`)
})

describe('links', () => {
  /** As GitHub makes them of headings. */
  const anchorsOf = (text: string) =>
    new Set(
      [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\d\- _]/gu, '')
          .replaceAll(' ', '-'),
      ),
    )

  test.each(pages)('of %s lead somewhere', (page) => {
    const dead = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^(https?|mailto):/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#')
        const file = path === '' ? page : relative(root, join(root, dirname(page), path))
        if (file.startsWith('..') || !existsSync(join(root, file))) return true
        return anchor !== undefined && !anchorsOf(read(file)).has(anchor)
      })
    expect(dead).toEqual([])
  })
})

// Written by `init`, or by the reader: a page may name them.
const readersOwn = /^(config\/(crosswalk\.yaml|tables\/)|mappings\/(acme|odoo\/order-wholesale\.yaml))/

test.each(pages)('%s names only files that are there', (page) => {
  const named = [...read(page).matchAll(/`((?:src|test|docs|connectors|mappings|config|bin)\/[\w./-]+\w\/?)`/g)]
  const gone = named
    .map(([, path = '']) => path)
    .filter((path) => !readersOwn.test(path) && !existsSync(join(root, path)))
  expect(gone).toEqual([])
})

test.each(pages)('%s speaks of the project alone', (page) => {
  const foreign = /(?<![\w.])\/(work|home|root|tmp|Users)\/|\bTODO\b|\bFIXME\b|(?<!\buser.)\bagents?\b|\bchatbot/gi
  expect(read(page).match(foreign)).toBeNull()
})

describe('YAML', () => {
  const sandbox = openSandbox()
  afterAll(() => sandbox.close())

  const shipped = globSync('config/tables/*.yaml', { cwd: root }).map((file): [string, string] => [
    nameOf(file),
    read(file),
  ])
  const withYaml = pages
    .map((page) => [page, [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => text)] as const)
    .filter(([, blocks]) => blocks.length > 0)

  test.each(withYaml)('of %s works', async (page, blocks) => {
    const tables = Object.fromEntries(
      [...shipped, ...blocks.flatMap(asTable)].map(([name, text]) => {
        const { table, findings } = parseTable({ file: name, text })
        expect(findings).toEqual([])
        return [name, table ?? {}]
      }),
    )
    let mapping: CompiledMapping | null = null
    for (const text of blocks) {
      if (asTable(text).length > 0) continue
      const content = parse(text) as Json
      if (Array.isArray(content)) {
        if (mapping === null) continue
        const results = await runMappingTests(mapping, { file: page, text }, sandbox)
        expect(results.filter((result) => !result.ok)).toEqual([])
      } else if (isObject(content) && ('fields' in content || 'lines' in content)) {
        const whole = 'from' in content
        const file = { file: page, text: whole ? text : `from: deal\nto: record\nfields: {}\n${text}` }
        const compiled = compileMapping(file, { ...context, tables, fileOf: (name) => beside(page, blocks, name) })
        expect(compiled.findings.map(formatFinding)).toEqual([])
        mapping = whole ? compiled.mapping : null
      } else {
        expect(mistakesOf(content)).toEqual([])
      }
    }
  })

  const context = {
    schemaOf: () => null,
    otherObject: null,
    otherSchemaOf: () => null,
    links: ['customer', 'shipTo', 'billTo', 'contact'],
    owners: false,
    creates: false,
  }

  /** A mapping that another one of the page uses: its name is in a comment on its first line. */
  function beside(page: string, blocks: readonly string[], name: string): MappingFile | null {
    const text = blocks.find((block) => block.startsWith('# mappings/') && nameOf(block.split('\n')[0] ?? '') === name)
    return text === undefined ? null : { file: page, text }
  }

  /** A piece of config/crosswalk.yaml, with the settings of its connections. */
  function mistakesOf(content: Json): readonly string[] {
    const parsed = configSchema.safeParse({
      connections: {},
      syncs: {},
      ...(isObject(content) ? content : { content }),
    })
    if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    return Object.entries(parsed.data.connections).flatMap(([name, { system, settings }]) => {
      const connector = registry.find((one) => one.name === system)
      // A secret stands for itself here; an address does not.
      const filled = Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [key, value === '${ODOO_URL}' ? 'https://odoo.test' : value]),
      )
      const issues = connector?.settings.safeParse(filled).error?.issues ?? []
      return connector === undefined
        ? [`${name}: there is no system "${system}"`]
        : issues.map((issue) => `${name}.${issue.path.join('.')}: ${issue.message}`)
    })
  }

  /** A table says its name in a comment on its first line. */
  function asTable(text: string): [string, string][] {
    const file = /^# (config\/tables\/\S+)/.exec(text)?.[1]
    return file === undefined ? [] : [[nameOf(file), text]]
  }
  function nameOf(file: string): string {
    return file.replace(/^.*\/|\.yaml$/g, '')
  }
})

describe('docs/operations.md', () => {
  const page = read('docs/operations.md')

  test('lists every metric', async () => {
    const text = await openMetrics().text()
    const names = [...text.matchAll(/^# TYPE (crosswalk_\w+)/gm)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(5)
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
    const named = [...page.matchAll(/`(crosswalk_\w+)`/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !names.includes(name))).toEqual([])
  })

  test('lists every line of the log', () => {
    const events = sources.flatMap((path) =>
      [...read(path).matchAll(/\blog\.(?:info|warn|error)\(\s*'([^']+)'/g)].map(([, event = '']) => event),
    )
    expect(events.length).toBeGreaterThan(20)
    expect(events.filter((event) => !page.includes(`\`${event}\``))).toEqual([])
  })

  test('names every variable of the environment that is read', () => {
    const names = sources.flatMap((path) =>
      [...read(path).matchAll(/(?:\benvironment\.|\bstoreAddress\(')([A-Z_]+)/g)].map(([, name = '']) => name),
    )
    expect(names).toContain('DATABASE_URL')
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

describe('docs/security.md', () => {
  const rows = [...read('docs/security.md').matchAll(/^\| (V(\d+)\.(\d+) .*) \|$/gm)].map(
    ([, row = '', chapter = '', number = '']) => {
      const [section = '', state = '', evidence = '', gap = ''] = row.split('|').map((cell) => cell.trim())
      const files = [...evidence.matchAll(/`((?:src|test|docs|connectors)\/[^`]+)`/g)].map(([, path = '']) => path)
      return { section, place: [Number(chapter), Number(number)], state, files, gap }
    },
  )

  test('judges every section of the standard, once and in its order', () => {
    // How many sections each chapter has.
    const sections = [5, 4, 7, 4, 4, 8, 6, 4, 2, 7, 7, 3, 4, 3, 4, 5, 3]
    const all = sections.flatMap((count, at) => Array.from({ length: count }, (_, nth) => [at + 1, nth + 1]))
    expect(rows.map(({ place }) => place)).toEqual(all)
  })

  test.each(rows)('says of $section what is so, with evidence that is there', ({ state, files, gap }) => {
    expect(['met', 'partly', 'not met', 'not applicable']).toContain(state)
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([])
    if (state === 'met') expect(files).not.toEqual([])
    if (state === 'partly' || state === 'not met') expect(gap).not.toBe('')
  })
})
