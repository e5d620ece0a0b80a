import http from 'node:http'
import https from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

interface ExchangeRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** From the start to the last byte of the body. */
  readonly timeoutMs: number
  /** Counted after decompression. */
  readonly replyBytesMax: number
}

export type ExchangeOutcome =
  | {
      readonly ok: true
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      readonly bytes: number
    }
  | {
      readonly ok: false
      /** False when certainly not one byte of the request left: no connection was ever established. */
      readonly sent: boolean
      /** Null before the reply's headers came. */
      readonly status: number | null
      readonly why: 'timeout' | 'too_large' | 'network'
      /** Node's error code or `timeout`, `too_large`: safe to show. */
      readonly code: string
      readonly bytes: number
    }

/** One request and its reply, without retries. Failures are values. */
export type Exchange = (request: ExchangeRequest) => Promise<ExchangeOutcome>

/**
 * node:http rather than fetch: only the socket's own events prove that nothing was sent, and fetch refuses ports such
 * as 10080 that in-house ERPs do use.
 */
export function openExchange(): Exchange {
  // An idle socket is given up after 4 s: the longer it idles, the likelier the server closes it just when a write goes
  // out on it, and such a write counts as unknown.
  const pool = { keepAlive: true, timeout: 4_000, maxFreeSockets: 64 }
  const agents = { 'http:': new http.Agent(pool), 'https:': new https.Agent(pool) }

  return (wanted) =>
    new Promise((resolve) => {
      const secure = wanted.url.protocol === 'https:'
      let connected = false
      let status: number | null = null
      let bytes = 0

      const request = (secure ? https : http).request(wanted.url, {
        method: wanted.method,
        agent: agents[secure ? 'https:' : 'http:'],
        headers:
          wanted.body === null
            ? wanted.headers
            : { ...wanted.headers, 'content-length': String(Buffer.byteLength(wanted.body)) },
      })
      const fail = (why: 'timeout' | 'too_large' | 'network', code: string) => {
        clearTimeout(timer)
        resolve({ ok: false, sent: connected, status, why, code, bytes })
        request.destroy()
      }
      const timer = setTimeout(() => fail('timeout', 'timeout'), wanted.timeoutMs)

      request.on('socket', (socket) => {
        if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', () => (connected = true))
        else connected = true
      })
      // Stays attached after `resolve`: destroying the request reports one more error.
      request.on('error', (error) => fail('network', codeOf(error)))
      request.on('response', (response) => {
        status = response.statusCode ?? 0
        read(decoded(response))
          .then((body) => {
            if (body === null) return fail('too_large', 'too_large')
            clearTimeout(timer)
            resolve({ ok: true, status: status ?? 0, headers: flat(response.headers), body, bytes })
          })
          .catch((error: unknown) => fail('network', codeOf(error)))
      })
      request.end(wanted.body ?? undefined)

      async function read(stream: Readable): Promise<string | null> {
        const chunks: Buffer[] = []
        for await (const chunk of stream) {
          bytes += (chunk as Buffer).length
          if (bytes > wanted.replyBytesMax) return null
          chunks.push(chunk as Buffer)
        }
        return Buffer.concat(chunks).toString('utf8')
      }
    })
}

/** What `decoded` understands. */
export const acceptedEncodings = 'gzip, deflate, br'

function decoded(response: http.IncomingMessage): Readable {
  const decoder = decoderOf(response.headers['content-encoding'])
  // An error of the response reaches the reader through the decoder, which `pipeline` destroys with it.
  return decoder === null ? response : pipeline(response, decoder, () => {})
}

function decoderOf(encoding: string | undefined) {
  switch (encoding?.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      return null
  }
}

const flat = (headers: http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'network'
