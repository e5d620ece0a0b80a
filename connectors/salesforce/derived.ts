import { compare, type Decimal, multiply, parseDecimal, round, subtract, zero } from '../../src/core/decimal.ts'
import type { Json } from '../../src/core/json.ts'
import type { FieldSchema } from '../../src/ports/connector.ts'

/** A field of ours on Salesforce's records, made of fields that some orgs have and others have not. */
interface Derived {
  readonly label: string
  readonly type: FieldSchema['type']
  /** Those of them that the org does not have, or the user may not see, are left out. */
  readonly needs: readonly string[]
  /** @param value  of a needed field, as mappings see it; null when the org has none */
  of(value: (name: string) => Json, has: (name: string) => boolean): Json
}
const first = (label: string, type: FieldSchema['type'], ...needs: readonly string[]): Derived => ({
  label,
  type,
  needs,
  of: (value) => needs.map(value).find((one) => one !== null) ?? null,
})
/** The code, where the org keeps states and countries as picklists; else what people wrote. */
const country = (label: string, prefix: string): Derived =>
  first(label, 'text', `${prefix}CountryCode`, `${prefix}Country`)

/** Spares mappings what differs from org to org: a path to a field that an org does not have would not be taken. */
export const derivedFields: Readonly<Record<string, Readonly<Record<string, Derived>>>> = {
  Opportunity: {
    currency: first('CurrencyIsoCode, empty where the org has one currency', 'text', 'CurrencyIsoCode'),
    stage_changed_at: first('LastStageChangeDate, empty where the org has none', 'instant', 'LastStageChangeDate'),
  },
  Account: {
    is_person: {
      label: 'Is a person account',
      type: 'boolean',
      needs: ['IsPersonAccount'],
      of: (value) => value('IsPersonAccount') === true,
    },
    domain: {
      label: 'Domain of the website',
      type: 'text',
      needs: ['Website'],
      of: (value) => domainOf(value('Website')),
    },
    person_email: first('E-mail of a person account', 'text', 'PersonEmail'),
    billing_country: country('Billing country, its code where the org knows it', 'Billing'),
    shipping_country: country('Shipping country, its code where the org knows it', 'Shipping'),
  },
  Contact: {
    is_person: { label: 'Is a person', type: 'boolean', needs: [], of: () => true },
    mailing_country: country('Mailing country, its code where the org knows it', 'Mailing'),
  },
  OpportunityLineItem: {
    discount_percent: first('Discount, empty where the user may not see it', 'number', 'Discount'),
    discount_amount: {
      label: 'What the total is below unit price × quantity, where the user may not see Discount',
      type: 'number',
      needs: ['Discount', 'UnitPrice', 'Quantity', 'TotalPrice'],
      of: (value, has) =>
        has('Discount') ? null : discountAmount(value('UnitPrice'), value('Quantity'), value('TotalPrice')),
    },
  },
}

/** Salesforce hides Discount from users by default, yet takes it off the total: what was agreed must not get lost. */
function discountAmount(price: Json, quantity: Json, total: Json): Decimal | null {
  const [unit, count, sum] = [parseDecimal(price), parseDecimal(quantity), parseDecimal(total)]
  if (unit === null || count === null || sum === null) return null
  // The total is rounded to cents, so a difference of less than one is no discount.
  const off = round(subtract(multiply(unit, count), sum), 2)
  return compare(off, zero) > 0 ? off : null
}

/** People write `acme.com`, `www.acme.com` and `https://acme.com/en` alike. */
function domainOf(website: Json): string | null {
  if (typeof website !== 'string' || website.trim() === '') return null
  const url = URL.parse(website.includes('://') ? website.trim() : `https://${website.trim()}`)
  return url === null || url.hostname === '' ? null : url.hostname.replace(/^www\./, '')
}

/** References of ours on an opportunity, both to the contact of its roles: the primary one, else the oldest. */
export const contactFields = {
  contact: 'Primary contact, else the first one',
  person: 'The contact, on an opportunity without an account',
} as const
export const isContactField = (object: string, name: string): name is keyof typeof contactFields =>
  object === 'Opportunity' && Object.hasOwn(contactFields, name)

/** Whether a step of a path is a name of ours, which a query cannot have: custom names of Salesforce have `__`. */
export const isOurs = (step: string): boolean => /^[a-z]/.test(step) && !step.includes('__')

export const contactRoles = 'OpportunityContactRoles'
