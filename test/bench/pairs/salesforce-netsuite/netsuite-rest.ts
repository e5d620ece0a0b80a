import { importPKCS8, SignJWT } from 'jose'
import { type Connected, setting } from '../../target.ts'

type Row = Readonly<Record<string, string>>

/** SuiteTalk REST as a script would call it. */
export interface NetsuiteRest {
  /** The first thousand rows of a statement, whose `?` stand for the parameters. */
  query(statement: string, params: readonly string[]): Promise<readonly Row[]>
  /** @returns the id */
  create(type: string, body: object): Promise<string>
  update(type: string, id: string, body: object): Promise<void>
  /** @param id  or `eid:` and an external id. Null when there is none */
  get(type: string, id: string, fields: string): Promise<Row | null>
}

/** Logs in for an hour, which is longer than any measurement. */
export async function openNetsuiteRest(netsuite: Connected): Promise<NetsuiteRest> {
  const base = `${setting(netsuite, 'baseUrl')}/services/rest`
  const token = await login(netsuite, `${base}/auth/oauth2/v1/token`)

  async function send(method: string, path: string, body?: object): Promise<Response> {
    const reply = await fetch(`${base}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'transient' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (reply.ok || (method === 'GET' && reply.status === 404)) return reply
    throw new Error(`NetSuite: ${method} ${path} answered ${reply.status}: ${await reply.text()}`)
  }

  return {
    async query(q, params) {
      const reply = await send('POST', 'query/v1/suiteql?limit=1000', { q, params })
      return ((await reply.json()) as { items: readonly Row[] }).items
    },
    async create(type, body) {
      const reply = await send('POST', `record/v1/${type}`, body)
      await reply.text()
      return reply.headers.get('location')?.split('/').at(-1) ?? ''
    },
    async update(type, id, body) {
      await (await send('PATCH', `record/v1/${type}/${id}`, body)).text()
    },
    async get(type, id, fields) {
      const reply = await send('GET', `record/v1/${type}/${id}?fields=${fields}`)
      const body = (await reply.json()) as Row
      return reply.status === 404 ? null : body
    },
  }
}

async function login(netsuite: Connected, url: string): Promise<string> {
  const algorithm = setting(netsuite, 'algorithm')
  const assertion = await new SignJWT({ scope: ['rest_webservices'] })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: setting(netsuite, 'certificateId') })
    .setIssuer(setting(netsuite, 'clientId'))
    .setAudience(url)
    .setIssuedAt()
    .setExpirationTime('5 minutes')
    .sign(await importPKCS8(setting(netsuite, 'privateKey'), algorithm))
  const reply = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  })
  const { access_token: token } = (await reply.json()) as { access_token?: string }
  if (token === undefined) throw new Error(`NetSuite refused the login with status ${reply.status}`)
  return token
}
