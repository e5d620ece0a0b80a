import { createHmac } from 'node:crypto'
import { isObject, type JsonObject } from '../core/json.ts'
import { type Problem, SyncError } from '../core/problem.ts'
import { toMillis } from '../core/time.ts'
import type { AlertMessage, WebhookChannel } from '../ports/alerts.ts'
import type { Clock } from '../ports/clock.ts'
import type { HttpReply, OpenHttp } from '../ports/http.ts'
import { fitted } from './fitted.ts'

interface Deps {
  readonly openHttp: OpenHttp
  readonly clock: Clock
}

/** What is sent to a webhook, and how it says that it took it. */
interface Form {
  body(message: AlertMessage, channel: WebhookChannel, nowMs: number): JsonObject
  /** Where the address itself is signed. */
  url?(channel: WebhookChannel, nowMs: number): string
  /** Null when the message was taken, else the other side's own words: some answer 200 to what they refuse. */
  refusal(reply: HttpReply): string | null
}

const accepted = () => null
/** Of services that answer 200 with a number of their own, 0 for success. */
const numbered = (code: string, words: string) => (reply: HttpReply) => {
  const answer = reply.json()
  if (!isObject(answer)) return 'the answer is not an object'
  return answer[code] === 0 ? null : `${String(answer[code])} ${String(answer[words] ?? '')}`.trim()
}
const text = ({ subject, lines }: AlertMessage) => [subject, '', ...lines]

const forms: Readonly<Record<WebhookChannel['kind'], Form>> = {
  // https://api.slack.com/messaging/webhooks; `&`, `<` and `>` are to be escaped, else a name could mention a whole channel.
  slack: {
    body: (message) => ({
      text: fitted(text(message), 12_000).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    }),
    refusal: accepted,
  },
  // An adaptive card, as the workflow "Send webhook alerts to a channel" takes it; runs of text know no Markdown, so that a name
  // cannot become a link: https://adaptivecards.io/explorer/TextRun.html
  teams: {
    body: (message) => ({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            msteams: { width: 'Full' },
            body: fitted(text(message), 12_000)
              .split('\n')
              .filter((line) => line !== '')
              .map((line, index) => ({
                type: 'RichTextBlock',
                inlines: [{ type: 'TextRun', text: line, ...(index === 0 ? { weight: 'Bolder' } : {}) }],
              })),
          },
        },
      ],
    }),
    refusal: accepted,
  },
  // https://developer.work.weixin.qq.com/document/path/91770: at most 2048 bytes
  wecom: {
    body: (message) => ({ msgtype: 'text', text: { content: fitted(text(message), 2048) } }),
    refusal: numbered('errcode', 'errmsg'),
  },
  // https://open.dingtalk.com/document/robots/custom-robot-access; signed by time and secret in the address
  dingtalk: {
    body: (message) => ({ msgtype: 'text', text: { content: fitted(text(message), 12_000) } }),
    url({ url, secret }, nowMs) {
      if (secret === undefined) return url
      const sign = createHmac('sha256', secret).update(`${nowMs}\n${secret}`).digest('base64')
      const signed = new URL(url)
      signed.searchParams.set('timestamp', String(nowMs))
      signed.searchParams.set('sign', sign)
      return signed.href
    },
    refusal: numbered('errcode', 'errmsg'),
  },
  // https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot; signed by seconds and secret in the body. `<at …>` in a
  // text mentions people.
  feishu: {
    body: (message, { secret }, nowMs) => {
      const content = { text: fitted(text(message), 12_000).replaceAll('<', '＜') }
      if (secret === undefined) return { msg_type: 'text', content }
      const timestamp = String(Math.floor(nowMs / 1000))
      const sign = createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64')
      return { timestamp, sign, msg_type: 'text', content }
    },
    refusal: numbered('code', 'msg'),
  },
  json: {
    body: ({ id, subject, lines, json }) => ({ id, subject, text: lines.join('\n'), ...json }),
    refusal: accepted,
  },
}

/** @returns what the other side answered */
export async function sendWebhook(
  name: string,
  channel: WebhookChannel,
  message: AlertMessage,
  { openHttp, clock }: Deps,
): Promise<string> {
  const form = forms[channel.kind]
  const nowMs = toMillis(clock.now())
  const { origin, pathname } = new URL(channel.url)
  const http = openHttp({
    connection: `alerts ${name}`,
    baseUrl: `${origin}${pathname}`,
    timeoutMs: 15_000,
    replyBytesMax: 100_000,
    // A channel that does not answer is asked again later, by a message that knows what happened meanwhile.
    attemptsMax: 1,
    concurrencyMax: 1,
    classify: (reply) => (reply.status < 300 ? null : refused(name, statusProblem(reply.status), wordsOf(reply))),
  })
  const body = JSON.stringify(form.body(message, channel, nowMs))
  const reply = await http.send({
    method: 'POST',
    url: form.url?.(channel, nowMs) ?? channel.url,
    body,
    // It is sent once all the same, and anew if no answer comes: told twice is better than not told.
    effect: 'repeatable',
  })
  const refusal = form.refusal(reply)
  if (refusal !== null) throw refused(name, { kind: 'bad_reply' }, refusal)
  return wordsOf(reply)
}

const wordsOf = ({ status, body }: HttpReply): string =>
  body.trim() === '' ? `status ${status}` : `status ${status}, ${body.replace(/\s+/g, ' ').trim().slice(0, 200)}`

function statusProblem(status: number): Problem {
  if (status === 401 || status === 403) return { kind: 'auth_rejected' }
  if (status === 429) return { kind: 'rate_limited', retryAfterMs: 0 }
  if (status >= 500) return { kind: 'unavailable' }
  return { kind: 'configuration_invalid', path: 'alerts.channels' }
}

const refused = (name: string, problem: Problem, words: string): SyncError =>
  new SyncError(`The webhook did not take the message: ${words}`, {
    problem,
    fix: `Make the webhook anew in its channel, put its address into the environment and restart; then \`crosswalk alert --test ${name}\`. It is tried again by itself.`,
  })
