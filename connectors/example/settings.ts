import { z } from 'zod'

/** One account of the example ERP. */
export const settings = z.strictObject({
  url: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .describe('Address of the account, without a path: https://acme.erp.example'),
  clientId: z.string().min(1).describe('Client id of the app that Crosswalk works as'),
  clientSecret: z.string().min(1).meta({ secret: true }).describe('Client secret of that app'),
})
export type Settings = z.output<typeof settings>
