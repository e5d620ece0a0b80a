import type { RequestHandler, Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import type { Log } from '../ports/log.ts'
import { httpProblem, sendProblem } from './problem-reply.ts'

/** Where somebody was turned away who did not know the secret of the address. */
export type Door = 'api' | 'hooks'

const perMinute = 600
const minuteMs = 60_000

/** Does something later; does not keep the process alive. */
type Later = (work: () => void, ms: number) => void

/**
 * Answers those who do not know the secret: with a refusal of their own, and with 429 once there are many from one address. They
 * use up nothing of those who know it. Each is counted, and one line a minute tells of all of them.
 * @param count  for the metrics
 */
export function openRefusals(
  log: Log,
  count: (door: Door) => void,
  later: Later = (work, ms) => void setTimeout(work, ms).unref(),
) {
  let untold = 0
  let latest: { readonly door: Door; readonly from: string | undefined } | null = null
  let isQuiet = false

  function tell(): void {
    isQuiet = untold > 0
    if (!isQuiet) return
    log.warn('requests_refused', { requests: untold, ...latest, why: 'they do not know the secret of the address' })
    untold = 0
    later(tell, minuteMs)
  }
  function note(door: Door, from: string | undefined): void {
    count(door)
    untold += 1
    latest = { door, from }
    if (!isQuiet) tell()
  }

  return (door: Door, answer: (response: Response) => void): RequestHandler => {
    const limited = rateLimit({
      windowMs: minuteMs,
      limit: perMinute,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      // Behind a proxy all callers count as one: the header that names them can be forged, so it is not read.
      validate: { xForwardedForHeader: false, forwardedHeader: false },
      handler: (_request, response) =>
        sendProblem(
          response,
          httpProblem(
            'too_many',
            `More than ${perMinute} requests a minute without the secret came from your address.`,
          ),
        ),
    })
    return (request, response, next) => {
      note(door, request.ip)
      void limited(request, response, (error) => (error === undefined ? answer(response) : next(error)))
    }
  }
}
