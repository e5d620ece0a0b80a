import { createHash, randomBytes } from 'node:crypto'

const secretBytes = 32

export const newSecret = () => randomBytes(secretBytes).toString('base64url')
// They have 256 random bits: nobody finds one by trying, so a plain digest is enough.
export const digestOf = (secret: string) => createHash('sha256').update(secret).digest()
