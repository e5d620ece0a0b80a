import { IANAZone } from 'luxon'
import { z } from 'zod'

/** A parameter that names a time zone. */
export const zoneParameter = z
  .string()
  .refine((name) => IANAZone.isValidZone(name), 'not an IANA time zone, such as "Europe/Berlin"')
  .optional()
  .describe('IANA name; default: the zone of the account')
