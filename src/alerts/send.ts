import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { SyncError } from '../core/problem.ts'
import { redact } from '../http/redact.ts'
import type { AlertMessage, Channel, SendAlert } from '../ports/alerts.ts'
import type { Clock } from '../ports/clock.ts'
import type { OpenHttp } from '../ports/http.ts'
import { sendMail } from './email.ts'
import { sendWebhook } from './webhook.ts'

interface Deps {
  readonly openHttp: OpenHttp
  readonly clock: Clock
  /** Removed from what is sent, and from what the other side says. */
  readonly secrets: () => readonly string[]
  /** Those of a channel that was configured after the start. */
  readonly secretsOf: (channel: Channel) => readonly string[]
}

/** Sends alerts by mail and to webhooks. */
export function openSendAlert({ openHttp, clock, secrets, secretsOf }: Deps): SendAlert {
  return async (name, channel, message) => {
    const clean = (text: string) => redact(text, [...secrets(), ...secretsOf(channel)])
    const told = cleanMessage(message, clean)
    try {
      const answer =
        channel.kind === 'email'
          ? await sendMail(name, channel, told)
          : await sendWebhook(name, channel, told, { openHttp, clock })
      return clean(answer)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      // The cause would bring back what was removed.
      throw new SyncError(clean(error.message), { problem: error.problem, fix: clean(error.fix) })
    }
  }
}

const cleanMessage = ({ id, subject, lines, json }: AlertMessage, clean: (text: string) => string): AlertMessage => ({
  id,
  subject: clean(subject),
  lines: lines.map(clean),
  json: cleanJson(json, clean) as JsonObject,
})

function cleanJson(value: Json, clean: (text: string) => string): Json {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return value.map((one) => cleanJson(one, clean))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cleanJson(one, clean)]))
}
