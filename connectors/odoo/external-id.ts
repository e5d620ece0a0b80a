/*
 * Our key as the name of an External ID. Odoo takes any text without spaces, but some of its import messages trip over
 * `%`, and the first dot ends the module's name.
 */

/** `deal 7` becomes `deal=207`: what is not plain is written as its bytes. */
export const nameOfKey = (key: string): string =>
  key.replace(/[^A-Za-z0-9_-]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  )

export const keyOfName = (name: string): string =>
  name.replace(/(?:=[0-9a-f]{2})+/g, (codes) => Buffer.from(codes.replaceAll('=', ''), 'hex').toString())
