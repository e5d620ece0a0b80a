import { join } from 'node:path'
import compression from 'compression'
import express, { type RequestHandler, Router } from 'express'

const yearMs = 365 * 86_400_000

/** The built console. Its pages are all one file: what is in the address is the business of the browser. */
export function serveConsole(folder: string): RequestHandler {
  const router = Router()
  // They are the same for everybody and hold nothing secret, so that their length tells nothing.
  router.use(compression())
  // Their names change with their content.
  router.use('/assets', express.static(join(folder, 'assets'), { immutable: true, maxAge: yearMs }))
  router.use(express.static(folder, { index: false, maxAge: 0 }))
  router.get('/{*page}', (request, response, next) => {
    // A program that asks for anything at all is told that there is nothing.
    const isPage = request.headers.accept?.includes('text/html') === true
    if (!isPage || /^\/(api|hooks|metrics|assets)(\/|$)/.test(request.path)) return next()
    response.set('cache-control', 'no-cache').sendFile('index.html', { root: folder })
  })
  return router
}
