import { setTimeout as delay } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import { type Problem, SyncError } from '../core/problem.ts'
import type { AlertMessage, EmailChannel } from '../ports/alerts.ts'

const connectMsMax = 10_000
const silenceMsMax = 15_000
/** Of all of it: a server that answers a letter at a time must not keep the others waiting. */
const wholeMsMax = 60_000

/** One mail to all receivers. @returns what the server answered */
export async function sendMail(name: string, channel: EmailChannel, message: AlertMessage): Promise<string> {
  const { host, port, encryption, user, password, from, to } = channel
  const transport = createTransport({
    host,
    port,
    secure: encryption === 'tls',
    // Without it a server, or whoever is in between, could talk it out of encryption.
    requireTLS: encryption === 'starttls',
    ignoreTLS: encryption === 'none',
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    connectionTimeout: connectMsMax,
    greetingTimeout: connectMsMax,
    socketTimeout: silenceMsMax,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const late = new AbortController()
  try {
    const sending = transport.sendMail({
      from: { name: 'Crosswalk', address: from },
      to: [...to],
      subject: message.subject,
      text: `${message.lines.join('\n')}\n`,
      // The same for the same message: a mail that came twice after a lost answer is one for most programs.
      messageId: `<${message.id}@${from.split('@')[1] ?? 'crosswalk'}>`,
      headers: { 'auto-submitted': 'auto-generated' },
    })
    const sent = await Promise.race([sending, tooLate(late.signal)])
    const refused = (sent.rejected ?? []).map(String)
    return refused.length === 0 ? sent.response : `${sent.response} (refused: ${refused.join(', ')})`
  } catch (error) {
    throw explained(name, channel, error)
  } finally {
    late.abort()
    transport.close()
  }
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await delay(wholeMsMax, undefined, { signal, ref: false })
  throw Object.assign(new Error(`not done after ${wholeMsMax / 1000} s`), { code: 'ETIMEDOUT' })
}

const problems: Readonly<Record<string, Problem>> = {
  EAUTH: { kind: 'auth_rejected' },
  EENVELOPE: { kind: 'configuration_invalid', path: 'alerts.channels' },
  ECONNECTION: { kind: 'unavailable' },
  EDNS: { kind: 'unavailable' },
  ESOCKET: { kind: 'unavailable' },
  ETIMEDOUT: { kind: 'unavailable' },
  ETLS: { kind: 'unavailable' },
}

function explained(name: string, { host, port }: EmailChannel, error: unknown): SyncError {
  const { code = '', message, responseCode } = error as Error & { code?: string; responseCode?: number }
  const passing = responseCode !== undefined && responseCode >= 400 && responseCode < 500 && code !== 'EAUTH'
  const problem: Problem = passing ? { kind: 'unavailable' } : (problems[code] ?? { kind: 'bad_reply' })
  return new SyncError(`${host}:${port} did not take the mail: ${message}`, {
    problem,
    fix: `Correct host, port, encryption, login or addresses of alerts.channels.${name}, or see why the server is down; then \`crosswalk alert --test ${name}\`. It is tried again by itself.`,
  })
}
