import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/*
 * scrypt with 32 MB a password: one of the settings that OWASP's Password Storage Cheat Sheet names. The parameters are kept with
 * each hash, so that they may be raised: `scrypt$N$r$p$salt$key`, the last two in Base64.
 */
const cost = { N: 2 ** 15, r: 8, p: 3 }
const saltBytes = 16
const keyBytes = 32

type Cost = typeof cost
const derive = promisify<string, Buffer, number, Cost & { maxmem: number }, Buffer>(scrypt)

// One after the other: many sign-ins at once must use up neither the memory nor all threads of the process.
let last: Promise<unknown> = Promise.resolve()
function keyOf(password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> {
  // What looks the same is the same, on every keyboard.
  const work = () => derive(password.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r })
  const next = last.then(work)
  // Whoever asked is told of a failure; the next one has nothing to do with it.
  last = Promise.allSettled([next])
  return next
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const key = await keyOf(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$')
}

/** Takes as long where there is no hash as where there is one. @param hash  null for nobody's */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = (hash ?? '').split('$')
  if (hash === null) {
    await keyOf(password, randomBytes(saltBytes), cost)
    return false
  }
  const given = await keyOf(password, Buffer.from(salt, 'base64'), { N: Number(N), r: Number(r), p: Number(p) })
  const known = Buffer.from(key, 'base64')
  return given.length === known.length && timingSafeEqual(given, known)
}
