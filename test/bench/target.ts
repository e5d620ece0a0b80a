/** How a contestant reaches the two systems. */
export interface Target {
  readonly hubspot: { readonly url: string; readonly token: string }
  readonly odoo: {
    readonly url: string
    readonly database: string
    readonly username: string
    readonly password: string
    /** First part of the External IDs. */
    readonly module: string
  }
}
