import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, rmdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { SyncError } from '../core/problem.ts'
import { ignoring } from '../ledger/error-code.ts'
import { replaceFile } from './files.ts'
import { sameSecret } from './process.ts'

/** What can be asked of a running demo from another terminal. */
const playSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('win') }),
  z.strictObject({ do: z.literal('amend'), deal: z.string().nullable() }),
  z.strictObject({ do: z.literal('break'), how: z.enum(['down', 'refuses']) }),
  z.strictObject({ do: z.literal('mend') }),
  z.strictObject({ do: z.literal('watch') }),
])
const requestSchema = z.strictObject({
  play: playSchema,
  look: z.strictObject({ columns: z.int(), zone: z.string(), color: z.boolean() }),
})
export type PlayRequest = z.output<typeof requestSchema>

const runningSchema = z.object({ url: z.string(), token: z.string(), config: z.string(), home: z.string() })
const asJson = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
})
/** How a running demo is reached. */
type Running = z.output<typeof runningSchema>

const bodyBytesMax = 10_000

/** In the folder of the embedded database of whoever started it, so that another terminal in the same folder finds it. */
const fileOf = (home: string): string => join(resolve(home), 'demo.json')

/**
 * Takes requests on this machine alone, and tells in `home` how it is reached.
 * @param handle  prints what happens; it is over when it resolves, and told to end by the signal
 * @returns ends it
 */
export async function serveControl(
  project: { readonly home: string; readonly config: string; readonly demoHome: string },
  handle: (request: PlayRequest, print: (text: string) => void, signal: AbortSignal) => Promise<void>,
): Promise<() => Promise<void>> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer(async (request, response) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    if (!sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) return response.writeHead(401).end()
    let body = ''
    for await (const chunk of request) {
      body += String(chunk)
      if (body.length > bodyBytesMax) return response.writeHead(413).end()
    }
    const asked = requestSchema.safeParse(JSON.parse(body))
    if (!asked.success) return response.writeHead(400).end()
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
    try {
      await handle(asked.data, (text) => void response.write(text), gone.signal)
    } catch (error) {
      response.write(`${error instanceof Error ? error.message : String(error)}\n`)
    }
    return response.end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const running: Running = {
    url: `http://127.0.0.1:${port}`,
    token,
    config: project.config,
    home: project.demoHome,
  }
  const file = fileOf(project.home)
  await mkdir(dirname(file), { recursive: true })
  await replaceFile(file, JSON.stringify(running))
  return async () => {
    // A demo that was started later in the same folder has taken the place.
    const now = await readRunning(project.home)
    if (now !== 'damaged' && now?.token === token) await rm(file, { force: true })
    // Only where nothing else is in it.
    await rmdir(dirname(file)).catch(ignoring('ENOTEMPTY', 'EEXIST', 'ENOENT'))
    server.closeAllConnections()
    await new Promise<void>((closed) => server.close(() => closed()))
  }
}

async function readRunning(home: string): Promise<Running | 'damaged' | null> {
  const text = await readFile(fileOf(home), 'utf8').catch(ignoring('ENOENT', 'ENOTDIR'))
  if (text === undefined) return null
  const read = asJson.pipe(runningSchema).safeParse(text)
  return read.success ? read.data : 'damaged'
}

/** @throws SyncError where none runs */
export async function runningDemo(home: string): Promise<Running> {
  const running = await readRunning(home)
  if (running === 'damaged') throw damaged(fileOf(home))
  if (running !== null && (await isThere(running))) return running
  throw notRunning()
}

const notRunning = () =>
  new SyncError('No demo is running in this folder', {
    problem: { kind: 'configuration_invalid', path: 'demo' },
    fix: 'Start one with `crosswalk demo` in another terminal, in the same folder, and leave it running.',
  })

const damaged = (file: string) =>
  new SyncError(`${file}, which says how the running demo is reached, is damaged`, {
    problem: { kind: 'configuration_invalid', path: 'demo' },
    fix: 'End the demo if one is running, delete this file, and start it again with `crosswalk demo`.',
  })

const isThere = ({ url }: Running): Promise<boolean> =>
  fetch(url, { method: 'POST' }).then(
    ({ status }) => status === 401,
    () => false,
  )

/** Asks a running demo, and prints what it answers, as it comes. @throws SyncError where none runs */
export async function askDemo(
  home: string,
  request: PlayRequest,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { url, token } = await runningDemo(home)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(request),
      signal,
    })
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) print(decoder.decode(chunk, { stream: true }))
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
