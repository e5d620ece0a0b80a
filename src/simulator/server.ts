import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { Json } from '../core/json.ts'

/** The HTTP shell of a simulated system: latency, faults on command, counted calls, a control channel. Loopback only. */
export interface Simulator {
  /** Without a trailing slash. */
  readonly url: string
  /** Puts faults in force, for requests from now on. The first that matches a request and is not used up applies. */
  fault(...faults: readonly Fault[]): void
  clearFaults(): void
  /**
   * Tells of requests from now on: `arrived` before anything is done about one, `answered` when its answer has left. A
   * test that wants to strike between two requests aims with it.
   * @returns ends it
   */
  watch(match: Match, when: 'arrived' | 'answered', act: (request: SimulatorRequest) => void): () => void
  /** Requests that arrived, by `METHOD path`, faults included. */
  calls(): Readonly<Record<string, number>>
  resetCalls(): void
  close(): Promise<void>
}

export interface SimulatorRequest {
  readonly method: string
  /** Path without query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}
export interface SimulatorReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON unless it is text. Undefined sends no body. */
  readonly body?: Json | undefined
}

/** All that are given must match; `path`, `body` and the decoded `query` match as parts of the text. */
const matchSchema = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  query: z.string().optional(),
  body: z.string().optional(),
})
export type Match = z.output<typeof matchSchema>

const faultSchema = z.strictObject({
  match: matchSchema,
  /**
   * `lose_answer` carries the request out and closes the connection; `cut` sends half of the answer; `refuse` closes it
   * before anything is done; `hang` carries it out and never answers; `slow` answers after `delayMs`; `status` answers
   * with `status`, `body`, `headers` and does nothing.
   */
  kind: z.enum(['lose_answer', 'cut', 'refuse', 'hang', 'slow', 'status']),
  status: z.number().int().optional(),
  body: z.custom<Json>().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  delayMs: z.number().optional(),
  /** Matching requests let through first. */
  skip: z.number().int().default(0),
  /** Of those that follow, it strikes the n-th, the 2n-th and so on. */
  every: z.number().int().min(1).default(1),
  /** How often it strikes. */
  times: z.number().int().default(1),
})
export type Fault = z.input<typeof faultSchema>
type StruckFault = z.output<typeof faultSchema>

interface Options {
  /** 0 takes any free port. */
  readonly port?: number
  /** Added to every answer; the control channel can change it. */
  readonly latencyMs?: number
  readonly bodyBytesMax?: number
  /**
   * Asked when a request arrives, before it waits for the latency. A reply refuses it at once; a function is called when
   * it was answered: for systems that limit how many requests are under way.
   */
  readonly arrive?: (request: SimulatorRequest) => SimulatorReply | (() => void)
  handle(request: SimulatorRequest): Promise<SimulatorReply> | SimulatorReply
  /** Reached by `POST /_simulator/<name>` with a JSON body: what a person at the real system would do. */
  readonly control?: Readonly<Record<string, (body: never) => Promise<Json> | Json>>
}

export async function startSimulator(options: Options): Promise<Simulator> {
  let latencyMs = options.latencyMs ?? 0
  const faults: (z.output<typeof faultSchema> & { seen: number })[] = []
  const calls = new Map<string, number>()
  const held = new Set<ServerResponse>()
  const watchers = new Set<{ match: Match; when: 'arrived' | 'answered'; act: (request: SimulatorRequest) => void }>()

  const tell = (when: 'arrived' | 'answered', request: SimulatorRequest) => {
    for (const watcher of watchers) if (watcher.when === when && isMatch(watcher.match, request)) watcher.act(request)
  }
  const addFaults = (added: readonly Fault[]) => {
    for (const fault of added) faults.push({ ...faultSchema.parse(fault), seen: 0 })
  }
  const strike = (request: SimulatorRequest): StruckFault | null => {
    for (const fault of faults) {
      if (!isMatch(fault.match, request)) continue
      fault.seen += 1
      const round = (fault.seen - fault.skip) / fault.every
      if (round > 0 && Number.isInteger(round) && round <= fault.times) return fault
    }
    return null
  }

  const builtIn: Record<string, (body: never) => Json> = {
    faults: (body: readonly Fault[]) => {
      addFaults(body)
      return { faults: faults.length }
    },
    clear_faults: () => {
      faults.length = 0
      return {}
    },
    latency: (body: { ms: number }) => {
      latencyMs = body.ms
      return {}
    },
    calls: () => Object.fromEntries(calls),
    reset_calls: () => {
      calls.clear()
      return {}
    },
  }

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytesMax = options.bodyBytesMax ?? 20_000_000
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of message) {
      size += (chunk as Buffer).length
      if (size > bytesMax) return send(response, { status: 413, body: { message: 'payload too large' } })
      chunks.push(chunk as Buffer)
    }
    // Put together as text: a path that begins with two slashes would be read as a host.
    const url = new URL(`http://simulator${message.url ?? '/'}`)
    const request: SimulatorRequest = {
      method: message.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.concat(chunks),
    }
    if (request.path.startsWith('/_simulator/')) {
      const name = request.path.slice('/_simulator/'.length)
      const act = builtIn[name] ?? options.control?.[name]
      if (act === undefined) {
        const known = Object.keys({ ...builtIn, ...options.control }).join(', ')
        return send(response, { status: 404, body: { message: `no control "${name}"; known: ${known}` } })
      }
      const body = request.body.length === 0 ? {} : JSON.parse(request.body.toString('utf8'))
      return send(response, { status: 200, body: await act(body as never) })
    }
    const name = `${request.method} ${request.path}`
    calls.set(name, (calls.get(name) ?? 0) + 1)
    response.once('finish', () => tell('answered', request))
    tell('arrived', request)
    const fault = strike(request)
    if (fault?.kind === 'refuse') return void response.destroy()
    const arrived = options.arrive?.(request)
    if (typeof arrived === 'object') return send(response, arrived)
    try {
      await respond(request, response, fault)
    } finally {
      arrived?.()
    }
  }

  async function respond(request: SimulatorRequest, response: ServerResponse, fault: StruckFault | null) {
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs))
    if (fault?.kind === 'status') {
      const { status = 500, body, headers } = fault
      return send(response, { status, body, ...(headers === undefined ? {} : { headers }) })
    }
    const reply = await options.handle(request)
    switch (fault?.kind) {
      case 'lose_answer':
        return void response.destroy()
      case 'hang':
        held.add(response)
        return
      case 'cut': {
        const text = Buffer.from(textOf(reply))
        response.writeHead(reply.status, { 'content-type': 'application/json', 'content-length': text.length + 10 })
        response.write(text.subarray(0, Math.ceil(text.length / 2)), () => response.destroy())
        return
      }
      case 'slow':
        await new Promise((resolve) => setTimeout(resolve, fault.delayMs ?? 1000))
    }
    send(response, reply)
  }

  // The system behind decides how long an address may be, not Node.
  const server = createServer({ maxHeaderSize: 65_536 }, (message, response) => {
    answer(message, response).catch((error: unknown) => {
      if (response.destroyed) return
      send(response, {
        status: 500,
        body: { message: error instanceof Error ? (error.stack ?? error.message) : 'error' },
      })
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: (...added) => addFaults(added),
    clearFaults: () => {
      faults.length = 0
    },
    watch(match, when, act) {
      const watcher = { match, when, act }
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    calls: () => Object.fromEntries(calls),
    resetCalls: () => calls.clear(),
    close: () =>
      new Promise((resolve) => {
        for (const response of held) response.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function isMatch({ method, path, query, body }: Match, request: SimulatorRequest): boolean {
  if (method !== undefined && method !== request.method) return false
  if (path !== undefined && !request.path.includes(path)) return false
  if (query !== undefined && ![...request.query].some((pair) => pair.join('=').includes(query))) return false
  return body === undefined || request.body.includes(body)
}

const textOf = (reply: SimulatorReply): string =>
  reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)

function send(response: ServerResponse, reply: SimulatorReply): void {
  const headers = { 'content-type': 'application/json', ...reply.headers }
  response.writeHead(reply.status, headers).end(textOf(reply))
}
