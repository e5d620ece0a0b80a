import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'

export type Api = <T>(method: 'GET' | 'POST', path: string, body?: object) => Promise<T>

/** The REST API of a server, asked with the token of its home. */
export const apiOf =
  (home: string, url: string | null): Api =>
  async <T>(method: 'GET' | 'POST', path: string, body?: object) => {
    const token = (await readFile(join(home, 'api-token'), 'utf8')).trim()
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    expect(answer.status).toBeLessThan(300)
    return (await answer.json()) as T
  }
