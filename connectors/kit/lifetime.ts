import { z } from 'zod'

/** Tokens that live longer are renewed all the same; no moment is so far away that nobody can write it. */
const secondsMax = 24 * 60 * 60

/** How long an access token is good for, in seconds: `expires_in` of a login's answer. */
export const lifetime = z.coerce
  .number()
  .positive()
  .transform((seconds) => Math.min(seconds, secondsMax))
