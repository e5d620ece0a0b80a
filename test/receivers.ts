import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/* Where alerts arrive: a real SMTP server and a receiver of webhooks, in this process. */

/** Certificate and key of `localhost`, made for these tests; nobody vouches for it but who is told to. */
export const localhostPem = join(import.meta.dirname, 'localhost.pem')
const pem = readFileSync(localhostPem, 'utf8')

interface Mail {
  readonly subject: string
  readonly text: string
  readonly from: string
  readonly to: readonly string[]
  readonly id: string
}
export interface MailServer {
  readonly port: number
  readonly mails: Mail[]
  close(): Promise<void>
}

/** Takes every mail; without a login, and in the clear, unless told otherwise. */
export async function openMailServer(
  options: SMTPServerOptions & { readonly port?: number } = {},
): Promise<MailServer> {
  const mails: Mail[] = []
  const { port = 0, ...own } = options
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    cert: pem,
    key: pem,
    ...own,
    onData(stream, session, done) {
      simpleParser(stream).then(
        ({ subject = '', text = '', from, messageId = '' }) => {
          const to = session.envelope.rcptTo.map((one) => one.address)
          mails.push({ subject, text, from: from?.text ?? '', to, id: messageId })
          done(null, 'Kept as no. 1')
        },
        (error: Error) => done(error),
      )
    },
  })
  // A client that turns away from a certificate is no fault of the server's.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

interface Posted {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}
export interface Webhook {
  readonly url: string
  readonly posts: Posted[]
  /** From now on. */
  answer(status: number, body: string): void
  close(): Promise<void>
}

export async function openWebhook(): Promise<Webhook> {
  const posts: Posted[] = []
  let answer = { status: 200, body: 'ok' }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Posted['body']
      if (answer.status < 300) posts.push({ path: request.url ?? '', body })
      response.writeHead(answer.status).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    answer(status, body) {
      answer = { status, body }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
