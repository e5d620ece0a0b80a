import type { Json, JsonObject } from '../../src/core/json.ts'
import type { Failure, Result } from '../../src/core/problem.ts'
import { once } from '../kit/once.ts'
import type { Client } from './client.ts'
import { type Body, encodeFields, jsonOf, listOf, referenceTo } from './encode.ts'
import type { Fields, Metadata } from './metadata.ts'
import { customerAddresses, customerObject, taxNumber } from './schema.ts'
import type { Settings } from './settings.ts'

/** Encodes customers: what a mapping writes as plain fields, NetSuite keeps in lists of its own. */
export function openCustomers(client: Client, metadata: Metadata, settings: Settings) {
  const only = once(async () => {
    const statement = "SELECT r.id FROM subsidiary r WHERE r.isinactive = 'F' ORDER BY r.id"
    const { rows } = await client.query(statement, [], { limit: 2 })
    return rows.length === 1 ? (rows[0]?.id ?? null) : null
  })

  /** The subsidiary of new customers; null where there is none, or several of which none is named. */
  async function subsidiary(): Promise<string | null> {
    if (!(await metadata.features()).oneWorld) return null
    if (settings.subsidiary !== undefined) return settings.subsidiary
    return only()
  }

  return async function encodeCustomer(given: JsonObject, fields: Fields, creating: boolean): Promise<Result<Body>> {
    const entries = Object.entries(given)
    const isAddress = (name: string) => customerAddresses.some((address) => name.startsWith(`${address}.`))
    const plain = Object.fromEntries(entries.filter(([name]) => name !== taxNumber && !isAddress(name)))
    const encoded = encodeFields(customerObject, plain, fields, creating)
    if (!encoded.ok) return encoded
    const body = encoded.value
    const own = await subsidiary()
    if (creating && own !== null && body.subsidiary === undefined) body.subsidiary = referenceTo(own)

    const written = entries.filter(([name, value]) => isAddress(name) && value !== null)
    if (written.length > 0) {
      // A line of the address book without its key would be a second one.
      if (!creating) return { ok: false, failure: addressFixed }
      const book = addressBook(Object.fromEntries(written), fields)
      if (!book.ok) return book
      body.addressBook = book.value
    }
    const number = given[taxNumber] ?? null
    if (number !== null) {
      const kept = await taxFields(String(number), given, creating)
      if (!kept.ok) return kept
      Object.assign(body, kept.value)
    }
    return encoded
  }

  async function taxFields(number: string, given: JsonObject, creating: boolean): Promise<Result<Body>> {
    switch ((await metadata.features()).taxNumber) {
      case 'legacy':
        return { ok: true, value: { vatRegNumber: JSON.stringify(number) } }
      case 'suiteTax': {
        if (!creating) return { ok: false, failure: registrationFixed }
        const country = countryOf(number, given['billingAddress.country'] ?? null)
        if (country === null) return { ok: false, failure: noCountry(number) }
        const line = { nexusCountry: referenceTo(country), taxRegistrationNumber: JSON.stringify(number) }
        return { ok: true, value: { taxRegistration: listOf([line]) } }
      }
      case null:
        // Without tax features there is no place for it; `check` says so.
        return { ok: true, value: {} }
    }
  }
}

/** One line where both addresses are alike, or only one is given; else one for each. */
function addressBook(given: JsonObject, fields: Fields): Result<Body> {
  const line = fields.addressBook?.fields?.addressBookAddress?.fields ?? {}
  const lines: { text: string; flags: string[]; address: Body }[] = []
  for (const name of customerAddresses) {
    const own = Object.entries(given).flatMap(([path, value]): [string, Json][] =>
      path.startsWith(`${name}.`) ? [[path.slice(name.length + 1), value]] : [],
    )
    if (own.length === 0) continue
    const address = encodeFields(`${customerObject}.${name}`, Object.fromEntries(own), line, true)
    if (!address.ok) return address
    const flag = name === 'billingAddress' ? 'defaultBilling' : 'defaultShipping'
    const text = jsonOf(address.value)
    const same = lines.find((one) => one.text === text)
    if (same === undefined) lines.push({ text, flags: [flag], address: address.value })
    else same.flags.push(flag)
  }
  const [only] = lines
  if (lines.length === 1 && only !== undefined) only.flags = ['defaultBilling', 'defaultShipping']
  return {
    ok: true,
    value: listOf(
      lines.map(({ flags, address }) => ({
        ...Object.fromEntries(flags.map((flag) => [flag, 'true'])),
        addressBookAddress: address,
      })),
    ),
  }
}

/** The country of a tax number: its own prefix, as those of the European Union have it, else that of the address. */
function countryOf(number: string, country: Json): string | null {
  if (typeof country === 'string' && /^[A-Z]{2}$/.test(country)) return country
  const prefix = /^[A-Z]{2}/.exec(number.toUpperCase())?.[0] ?? null
  return prefix === 'EL' ? 'GR' : prefix
}

const noCountry = (number: string): Failure => ({
  problem: { kind: 'record_rejected', field: taxNumber, remoteCode: 'value' },
  message: `Tax number "${number}" is of no country, which NetSuite wants to know: it has no prefix, and there is no billing address`,
  fix: 'Give the company a country in the CRM, or write the tax number with its prefix (DE…).',
  field: taxNumber,
})
const addressFixed: Failure = {
  problem: { kind: 'record_rejected', field: 'addressBook', remoteCode: 'address' },
  message: 'The address of a customer that is in NetSuite already is not changed from here',
  fix: 'Change it in NetSuite, or write addresses with `on: create`.',
  field: 'addressBook',
}
const registrationFixed: Failure = {
  problem: { kind: 'record_rejected', field: taxNumber, remoteCode: 'value' },
  message: 'The tax registration of a customer that is in NetSuite already is not changed from here',
  fix: 'Change it in NetSuite, or write the tax number with `on: create`.',
  field: taxNumber,
}
