/*
 * Our key as an external id. NetSuite takes letters, digits, `_` and `-` in the addresses of records; other integrations
 * have external ids of their own, of which we must not think that they are ours.
 */

/** `hubspot_4711_deal_901`: system, account, kind and id of the source. */
const ours = /^[A-Za-z0-9-]+_[A-Za-z0-9-]+_(deal|customer)_[A-Za-z0-9-]+$/

/** Whether a key can be an external id. */
export const fits = (key: string): boolean => /^[A-Za-z0-9_-]{1,255}$/.test(key)

/** Our key in an external id; null where somebody else's is, or none. */
export const keyOf = (externalId: string | undefined): string | null =>
  externalId !== undefined && ours.test(externalId) ? externalId : null
