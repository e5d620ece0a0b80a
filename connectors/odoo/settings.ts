import { z } from 'zod'

/** One database of one Odoo server. */
export const settings = z.strictObject({
  url: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .describe('Address of the server, without a path: https://acme.odoo.com'),
  database: z.string().min(1).describe('Name of the database'),
  username: z.string().min(1).describe('Login of the user that Crosswalk works as'),
  password: z
    .string()
    .min(1)
    .meta({ secret: true })
    .describe('Password of that user, or better an API key; from Odoo 19 on it must be an API key'),
  transport: z
    .enum(['auto', 'json-rpc', 'json-2'])
    .default('auto')
    .describe('How to talk to the server; auto takes json-2 from Odoo 19 on and json-rpc before'),
  module: z
    .string()
    .regex(/^[a-z][a-z0-9_]{1,40}$/, 'small letters, digits and "_" only')
    .default('crosswalk')
    .describe('First part of the External IDs that mark our records; no installed module may have this name'),
  companyId: z
    .int()
    .positive()
    .optional()
    .describe('Id of the company to work in; the company of the user when it is not given'),
  warehouseId: z
    .int()
    .positive()
    .optional()
    .describe('Id of the warehouse of new orders, unless the mapping names one; else the default that Odoo takes'),
  priceLists: z
    .array(z.int().positive())
    .optional()
    .describe(
      'Ids of the price lists that products are read with, one a currency; else each that is alone in its currency',
    ),
  loadOrders: z.int().min(1).max(500).default(250).describe('Records written by one call, at most'),
  confirmOrders: z
    .int()
    .min(1)
    .max(200)
    .default(50)
    .describe('Orders confirmed by one call, at most; fewer where confirming is slow'),
})
export type Settings = z.output<typeof settings>
