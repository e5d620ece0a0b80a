import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

// The launcher is plain JavaScript in bin/, beside no test; it is run in a checkout and in a package made for this.
const launcher = resolve(import.meta.dirname, '../../bin/crosswalk.js')
const platform = `node-${process.platform}-${process.arch}`
const entry = `
const [what] = process.argv.slice(2)
if (what === 'fail') process.exitCode = 2
else if (what === 'die') process.kill(process.pid, 'SIGKILL')
else if (what === 'wait') {
  const alive = setInterval(() => {}, 1000)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(signal); clearInterval(alive) })
  console.log('ready')
}
else console.log(JSON.stringify({ args: process.argv.slice(2), node: process.versions.node, from: import.meta.filename, guard: process.env.CROSSWALK_NODE ?? null }))
`

let home = ''
let old: string[] = []

/** A folder with the launcher, its entry, and perhaps a Node to hand over to. */
async function folder(name: string, { file, node }: { file: string; node: boolean }): Promise<string> {
  const root = join(home, name)
  await mkdir(dirname(join(root, file)), { recursive: true })
  await mkdir(join(root, 'bin'))
  await copyFile(launcher, join(root, 'bin/crosswalk.js'))
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  await writeFile(join(root, file), entry)
  if (node) {
    await mkdir(join(root, 'node_modules', platform, 'bin'), { recursive: true })
    await writeFile(join(root, 'node_modules', platform, 'package.json'), '{}')
    await symlink(process.execPath, join(root, 'node_modules', platform, 'bin/node'))
  }
  return root
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

function run(root: string, args: readonly string[], node: readonly string[] = []): Promise<Ended> {
  const [command = process.execPath, ...flags] = node
  return new Promise((end) => {
    const child = execFile(
      command,
      [...flags, join(root, 'bin/crosswalk.js'), ...args],
      { env: { PATH: process.env.PATH } },
      (_error, out, err) => end({ code: child.exitCode, signal: child.signalCode, out, err }),
    )
  })
}

let checkout = ''
let alone = ''
let packed = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'crosswalk-bin-'))
  const disguise = join(home, 'old.cjs')
  // The first process takes itself for Node 18; the one it starts is not told so.
  await writeFile(
    disguise,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.0' } })",
  )
  old = [process.execPath, '--require', disguise]
  checkout = await folder('checkout', { file: 'src/main/cli.ts', node: true })
  alone = await folder('alone', { file: 'src/main/cli.ts', node: false })
  packed = await folder('project/node_modules/crosswalk', { file: 'dist/src/main/cli.js', node: true })
})
afterAll(() => rm(home, { recursive: true }))

test('a recent Node runs the source of a checkout itself', async () => {
  const { code, out } = await run(alone, ['status', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toEqual({
    args: ['status', '--json'],
    node: process.versions.node,
    from: join(alone, 'src/main/cli.ts'),
    guard: null,
  })
})

test('a package is run as it was built, even where its source is there, too', async () => {
  await mkdir(join(packed, 'src/main'), { recursive: true })
  await writeFile(join(packed, 'src/main/cli.ts'), 'throw new Error("types are not stripped here")')
  const { out } = await run(packed, [])
  expect(JSON.parse(out)).toMatchObject({ from: join(packed, 'dist/src/main/cli.js') })
})

describe('an old Node', () => {
  test('hands over to the one that npm installed', async () => {
    const { code, out, err } = await run(checkout, ['a b', '--flag'], old)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ args: ['a b', '--flag'], node: process.versions.node, guard: null })
  })

  test('passes on the exit code', async () => {
    expect((await run(checkout, ['fail'], old)).code).toBe(2)
  })

  test('ends by the signal that ended the other', async () => {
    expect(await run(checkout, ['die'], old)).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('passes on %s', async (signal) => {
    const [command = '', ...flags] = old
    const child = spawn(command, [...flags, join(checkout, 'bin/crosswalk.js'), 'wait'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (out === '') child.kill(signal)
      out += chunk.toString()
    })
    const [code] = await once(child, 'close')
    expect({ code, out }).toEqual({ code: 0, out: `ready\n${signal}\n` })
  })

  test('says what is missing where npm installed none', async () => {
    const { code, out, err } = await run(alone, ['status'], old)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(
      /^Error: Crosswalk needs Node 22\.20 or newer; this is 18\.19\.0\.\nWhat to do: install Node 24 /,
    )
    expect(err).toContain(platform)
  })

  test('never hands over in a circle', async () => {
    const [command = '', ...flags] = old
    const child = spawn(command, [...flags, join(checkout, 'bin/crosswalk.js')], {
      env: { CROSSWALK_NODE: 'set by the one before' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    expect((await once(child, 'close'))[0]).toBe(1)
    expect(err).toContain('Crosswalk needs Node 22.20 or newer')
  })
})

test('a real Node 20, where the machine has one, hands over as well', async () => {
  const found = await systemNodes()
  const results = await Promise.all(found.map((node) => run(checkout, ['status'], [node])))
  for (const { code, out } of results) {
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ node: process.versions.node })
  }
})

/** The Nodes on the path that are too old to run Crosswalk. */
async function systemNodes(): Promise<string[]> {
  const candidates = [...new Set((process.env.PATH ?? '').split(':'))].map((place) => join(place, 'node'))
  const versions = await Promise.all(
    candidates.map(
      (node) =>
        new Promise<string>((resolveVersion) => {
          execFile(node, ['--version'], (_error, out) => resolveVersion(out.trim()))
        }),
    ),
  )
  return candidates.filter((_node, index) => /^v(18|20)\./.test(versions[index] ?? ''))
}
