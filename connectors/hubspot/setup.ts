import {
  PropertyCreateFieldTypeEnum as Field,
  PropertyCreateTypeEnum as Type,
} from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import { stages } from '../../src/core/documents.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { SetupStep } from '../../src/ports/connector.ts'
import type { Client, Property } from './client.ts'
import { type Definitions, isWritable, keyProperty, optionsOf } from './schema.ts'

const group = { name: 'erp_sync', label: 'ERP' }

interface Wanted {
  readonly name: string
  readonly label: string
  readonly type: Type
  readonly fieldType: Field
  readonly description: string
  readonly options?: readonly string[]
  /** No two records have the same value. */
  readonly unique?: true
}

/** What Crosswalk writes onto a deal; `mappings/hubspot/fulfilment.yaml` fills them. */
export const writeBack: readonly Wanted[] = [
  text('erp_order_no', 'ERP order number', 'Number of the sales order in the ERP'),
  text('erp_order_id', 'ERP order ID', 'Id of the sales order in the ERP'),
  text('erp_order_url', 'ERP order link', 'Address of the sales order in the ERP'),
  {
    name: 'erp_status',
    label: 'ERP status',
    type: Type.Enumeration,
    fieldType: Field.Select,
    description: 'How far the order has come, from draft to paid',
    options: stages,
  },
  day('erp_promised_date', 'ERP promised date', 'Delivery date promised by the ERP'),
  text('erp_tracking_number', 'Tracking number', 'Tracking numbers of all shipments, with a comma between'),
  text('erp_tracking_url', 'Tracking link', 'Tracking page of the latest shipment'),
  day('erp_shipped_date', 'Shipped on', 'Day of the latest shipment'),
  text('erp_invoice_no', 'Invoice number', 'Number of the latest invoice'),
  day('erp_invoiced_date', 'Invoiced on', 'Day of the latest invoice'),
  number('erp_amount_outstanding', 'Amount outstanding', 'Unpaid sum of all invoices, in the currency of the order'),
  {
    name: 'erp_sync_problem',
    label: 'ERP sync problem',
    type: Type.String,
    fieldType: Field.Textarea,
    description: 'What keeps the deal from becoming an order, and what to do about it; empty when all is well',
  },
]

/** What there is of ours beside that, by object: our key on what we make, and what the ERP knows of a product. */
const ours: Readonly<Record<string, readonly Wanted[]>> = {
  deals: writeBack,
  products: [
    key('product'),
    number('erp_stock_on_hand', 'Stock on hand', 'In the warehouses of the ERP'),
    number('erp_stock_available', 'Stock available', 'On hand, less what is promised to customers already'),
    {
      name: 'erp_stock_as_of',
      label: 'Stock as of',
      type: Type.Datetime,
      fieldType: Field.Date,
      description: 'When the stock was read in the ERP',
    },
    {
      name: 'erp_active',
      label: 'Active in the ERP',
      type: Type.Bool,
      fieldType: Field.Booleancheckbox,
      description: 'Whether the ERP still sells the product',
      options: ['true', 'false'],
    },
  ],
  companies: [key('customer')],
  contacts: [key('customer')],
}

/** Creates the groups and the properties that are not there. May run again at any time; changes nothing that is there. */
export async function setUp(client: Client, definitions: Definitions): Promise<readonly SetupStep[]> {
  const steps: SetupStep[] = []
  for (const [object, wanted] of Object.entries(ours)) {
    try {
      steps.push(...(await setUpObject(client, definitions, object, wanted)))
    } catch (error) {
      // Who sends no products needs no permission for them.
      const denied = error instanceof SyncError && error.problem.kind === 'permission_missing'
      if (!denied || object === 'deals') throw error
      const message = `not made, which matters only where ${object} are written: ${error.message}. ${error.fix}`
      steps.push({ subject: object, outcome: 'differs', message })
    }
  }
  return steps
}

async function setUpObject(
  client: Client,
  definitions: Definitions,
  object: string,
  all: readonly Wanted[],
): Promise<readonly SetupStep[]> {
  definitions.forget(object)
  const present = await definitions.properties(object)
  const steps: SetupStep[] = []
  if (all.some((wanted) => !present.has(wanted.name))) {
    const outcome = await client.createGroup(object, group.name, group.label)
    const message = `Group "${group.label}" of properties of ${object}`
    steps.push({ subject: `group ${object}.${group.name}`, outcome, message })
  }
  for (const wanted of all) {
    const { name, label, type, fieldType, description, options, unique } = wanted
    const subject = `${object}.${name}`
    const there = present.get(name)
    if (there === undefined) {
      const outcome = await client.createProperty(object, {
        name,
        label,
        type,
        fieldType,
        description,
        groupName: group.name,
        ...(options === undefined ? {} : { options: options.map(optionOf) }),
        ...(unique === true ? { hasUniqueValue: true } : {}),
      })
      steps.push({ subject, outcome, message: `"${label}", ${type}` })
      continue
    }
    const flaw = flawOf(wanted, there)
    if (flaw !== null) steps.push({ subject, outcome: 'differs', message: flaw })
    else steps.push({ subject, outcome: 'present', message: `"${there.label}", ${type}` })
  }
  definitions.forget(object)
  return steps
}

/** Why a property that is there will not do; null when it does. */
function flawOf({ type, options, unique }: Wanted, there: Property): string | null {
  if (there.type !== type) return `is of type ${there.type}, ${type} is wanted: delete it or map another property`
  // HubSpot takes this at the creation of a property alone.
  if (unique === true && there.hasUniqueValue !== true) {
    return 'takes a value more than once: delete it, and run this again'
  }
  const known = optionsOf(there)
  const missing = known === null ? [] : (options ?? []).filter((option) => !known.includes(option))
  return missing.length === 0 ? null : `lacks these options, add them in HubSpot: ${missing.join(', ')}`
}

/** Properties of ours that are missing, and those that are there and will not do, as `products.erp_key`. */
export function ourProperties(object: string, present: ReadonlyMap<string, Property>) {
  const missing: string[] = []
  const unfit: string[] = []
  for (const wanted of ours[object] ?? []) {
    const there = present.get(wanted.name)
    const name = `${object}.${wanted.name}`
    if (there === undefined) missing.push(name)
    else if (there.type !== wanted.type || (wanted.unique === true && there.hasUniqueValue !== true)) unfit.push(name)
    else if (!isWritable(there)) unfit.push(name)
  }
  return { all: ours[object]?.length ?? 0, missing, unfit }
}
export const objectsOfOurs: readonly string[] = Object.keys(ours)

const optionOf = (value: string, displayOrder: number) => {
  const words = value.replaceAll('_', ' ')
  return { value, label: words.charAt(0).toUpperCase() + words.slice(1), displayOrder, hidden: false }
}

function text(name: string, label: string, description: string): Wanted {
  return { name, label, type: Type.String, fieldType: Field.Text, description }
}
function day(name: string, label: string, description: string): Wanted {
  return { name, label, type: Type.Date, fieldType: Field.Date, description }
}
function number(name: string, label: string, description: string): Wanted {
  return { name, label, type: Type.Number, fieldType: Field.Number, description }
}
function key(of: string): Wanted {
  const description = `Which ${of} of the ERP this is; set by Crosswalk, not to be changed`
  return { name: keyProperty, label: 'ERP key', type: Type.String, fieldType: Field.Text, description, unique: true }
}
