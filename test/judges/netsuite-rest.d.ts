/** Comes without types; this is what of it is called here. */
declare module 'netsuite-rest' {
  export default class NetsuiteRest {
    constructor(options: {
      readonly consumer_key: string
      readonly consumer_secret_key: string
      readonly token: string
      readonly token_secret: string
      /** The account. */
      readonly realm: string
      readonly base_url: string
    })
    request(options: {
      /** Behind `/services/rest/`. */
      readonly path: string
      readonly method?: string
      readonly body?: string
      readonly heads?: Readonly<Record<string, string>>
    }): Promise<{ readonly statusCode: number; readonly data: unknown }>
  }
}
