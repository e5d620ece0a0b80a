/** As much of a browser as a sign-in needs: it keeps cookies by site and path, and goes where it is sent. */
export function openBrowser() {
  const jar = new Map<string, Cookie>()

  /** @param isForeign  whether another site has begun this navigation */
  async function get(address: string, { isForeign = false, headers = {} }: Visit = {}): Promise<Response> {
    const { origin, pathname } = new URL(address)
    const sent = [...jar.values()].filter(
      (one) => one.origin === origin && pathname.startsWith(one.path) && !(isForeign && one.isStrict),
    )
    const cookie = sent.map(({ name, value }) => `${name}=${value}`).join('; ')
    const response = await fetch(address, { redirect: 'manual', headers: { ...headers, cookie } })
    for (const text of response.headers.getSetCookie()) keep(origin, text)
    return response
  }

  function keep(origin: string, text: string): void {
    const [pair = '', ...attributes] = text.split('; ')
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const of = (key: string) => attributes.find((one) => one.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1)
    const key = `${origin} ${name}`
    const expires = of('expires')
    if (expires !== undefined && Date.parse(expires) < Date.now()) jar.delete(key)
    else jar.set(key, { origin, name, value, path: of('path') ?? '/', isStrict: of('samesite') === 'Strict' })
  }

  /** Goes on until it is sent nowhere, or to `stop`. @returns the addresses, and the last answer */
  async function follow(address: string, stop: (address: string) => boolean = () => false): Promise<Followed> {
    const places = [address]
    let isForeign = false
    for (let hops = 0; hops < 12; hops += 1) {
      const place = places.at(-1) ?? ''
      if (stop(place)) return { places, last: place, response: null }
      const response = await get(place, { isForeign })
      const to = response.headers.get('location')
      if (to === null) return { places, last: place, response }
      const next = new URL(to, place)
      isForeign ||= next.origin !== new URL(place).origin
      places.push(next.href)
    }
    throw new Error(`it was sent on and on: ${places.join(' ')}`)
  }

  return {
    get,
    follow,
    cookies: () => [...jar.values()],
    set: (cookie: Cookie) => jar.set(`${cookie.origin} ${cookie.name}`, cookie),
  }
}

interface Visit {
  readonly isForeign?: boolean
  readonly headers?: Readonly<Record<string, string>>
}
interface Followed {
  readonly places: readonly string[]
  readonly last: string
  /** Null where it was stopped. */
  readonly response: Response | null
}
export interface Cookie {
  readonly origin: string
  readonly name: string
  readonly value: string
  readonly path: string
  readonly isStrict: boolean
}
