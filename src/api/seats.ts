import type { RequestHandler, Response } from 'express'
import { httpProblem, sendProblem } from './problem-reply.ts'

/** Limits how many replies that last are under way at once: of one caller, and of the server. */
export function openSeats(
  { each, most }: { readonly each: number; readonly most: number },
  of: (response: Response) => string,
): RequestHandler {
  const taken = new Map<string, number>()
  let all = 0
  return (_request, response, next) => {
    const caller = of(response)
    const own = taken.get(caller) ?? 0
    if (own >= each) {
      const detail = `${each} such requests of yours are under way.`
      return sendProblem(response.set('retry-after', '60'), httpProblem('too_many', detail))
    }
    if (all >= most) return sendProblem(response, httpProblem('full', `${most} such requests are under way.`))
    all += 1
    taken.set(caller, own + 1)
    response.once('close', () => {
      all -= 1
      const left = (taken.get(caller) ?? 1) - 1
      if (left > 0) taken.set(caller, left)
      else taken.delete(caller)
    })
    next()
  }
}
