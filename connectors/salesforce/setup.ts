import { stages } from '../../src/core/documents.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { SetupStep } from '../../src/ports/connector.ts'
import type { Client, DescribedField } from './client.ts'
import { keyField } from './objects.ts'
import { permit } from './permission-set.ts'
import { type Definition, type Definitions, isWritable, optionsOf } from './schema.ts'

export interface Wanted {
  readonly name: string
  readonly label: string
  /** As describe calls it. */
  readonly type: string
  /** As the Tooling API creates it. */
  readonly metadata: JsonObject
  readonly options?: readonly string[]
}

/** What Crosswalk writes onto an opportunity; `mappings/salesforce/fulfilment.yaml` fills them. */
export const writeBack: readonly Wanted[] = [
  // An External ID is indexed, and polls look for opportunities that have one.
  text('ERP_Order_Number__c', 'ERP order number', 'Number of the sales order in the ERP', { externalId: true }),
  text('ERP_Order_Id__c', 'ERP order ID', 'Id of the sales order in the ERP'),
  link('ERP_Order_URL__c', 'ERP order link', 'Address of the sales order in the ERP'),
  {
    name: 'ERP_Status__c',
    label: 'ERP status',
    type: 'picklist',
    metadata: {
      type: 'Picklist',
      description: 'How far the order has come, from draft to paid',
      valueSet: { restricted: true, valueSetDefinition: { sorted: false, value: stages.map(choiceOf) } },
    },
    options: stages,
  },
  day('ERP_Promised_Date__c', 'ERP promised date', 'Delivery date promised by the ERP'),
  text('ERP_Tracking_Number__c', 'Tracking number', 'Tracking numbers of all shipments, with a comma between'),
  link('ERP_Tracking_URL__c', 'Tracking link', 'Tracking page of the latest shipment'),
  day('ERP_Shipped_Date__c', 'Shipped on', 'Day of the latest shipment'),
  text('ERP_Invoice_Number__c', 'Invoice number', 'Number of the latest invoice'),
  day('ERP_Invoiced_Date__c', 'Invoiced on', 'Day of the latest invoice'),
  {
    name: 'ERP_Amount_Outstanding__c',
    label: 'Amount outstanding',
    type: 'currency',
    metadata: {
      type: 'Currency',
      precision: 18,
      scale: 2,
      description: 'Unpaid sum of all invoices, in the currency of the order',
    },
  },
  {
    name: 'ERP_Sync_Problem__c',
    label: 'ERP sync problem',
    type: 'textarea',
    metadata: {
      type: 'LongTextArea',
      length: 32_768,
      visibleLines: 4,
      description: 'What keeps the opportunity from becoming an order, and what to do about it; empty when all is well',
    },
  },
]

const key = text(keyField, 'ERP key', 'Names the record to Crosswalk: leave it as it is', {
  externalId: true,
  unique: true,
})
/** What is needed where records of the ERP are made in Salesforce; `mappings/salesforce/product.yaml` fills the stock. */
export const recordFields: Readonly<Record<string, readonly Wanted[]>> = {
  Product2: [
    key,
    quantity('ERP_Stock_On_Hand__c', 'Stock on hand', 'In the warehouses of the ERP'),
    quantity('ERP_Stock_Available__c', 'Stock available', 'On hand, less what is promised to customers already'),
    {
      name: 'ERP_Stock_As_Of__c',
      label: 'Stock as of',
      type: 'datetime',
      metadata: { type: 'DateTime', description: 'When the stock was read from the ERP' },
    },
  ],
  Account: [key],
  Contact: [key],
}
const all: readonly (readonly [object: string, fields: readonly Wanted[]])[] = [
  ['Opportunity', writeBack],
  ...Object.entries(recordFields),
]

/**
 * Creates the fields that are not there, then a permission set that lets its users read and edit them, assigned to the user
 * of this connection: a new field is shown to nobody. May run again at any time; changes no field that is there.
 */
export async function setUp(client: Client, definitions: Definitions): Promise<readonly SetupStep[]> {
  const steps: SetupStep[] = []
  const seen: (typeof all)[number][] = []
  let editable = true
  for (const [object, fields] of all) {
    definitions.forget(object)
    const visible = await fieldsOf(definitions, object)
    if (visible === null) {
      const message = 'The user of this connection may not read it: fields for it are made once it may'
      steps.push({ subject: object, outcome: 'differs', message })
      continue
    }
    seen.push([object, fields])
    // One after the other: Salesforce locks the object while a field is added to it.
    for (const wanted of fields) steps.push(await fieldStep(client, object, wanted, visible.get(wanted.name)))
    editable &&= fields.every(({ name }) => {
      const field = visible.get(name)
      return field !== undefined && isWritable(field)
    })
    definitions.forget(object)
  }
  // A user who may edit them all needs no more rights, and none to look at permission sets.
  if (editable) {
    steps.push({ subject: 'field-level security', outcome: 'present', message: 'The user may edit all fields' })
    return steps
  }
  const fields = seen.flatMap(([object, wanted]) => wanted.map(({ name }) => ({ object, name })))
  steps.push(...(await permit(client, fields)))
  for (const [object] of seen) definitions.forget(object)
  return steps
}

/** Null for an object that only those need who let the ERP make records of it, and that the user does not see. */
async function fieldsOf(definitions: Definitions, object: string): Promise<Definition['fields'] | null> {
  try {
    return (await definitions.of(object)).fields
  } catch (error) {
    const unseen = error instanceof SyncError && error.problem.kind === 'configuration_invalid'
    if (unseen && Object.hasOwn(recordFields, object)) return null
    throw error
  }
}

async function fieldStep(
  client: Client,
  object: string,
  wanted: Wanted,
  there: DescribedField | undefined,
): Promise<SetupStep> {
  const { name, label, type, metadata, options = [] } = wanted
  const subject = `${object}.${name}`
  if (there !== undefined) {
    const missing = options.filter((option) => !(optionsOf(there) ?? options).includes(option))
    if (there.type !== type) {
      const message = `is of type ${there.type}, ${type} is wanted: delete it or map another field`
      return { subject, outcome: 'differs', message }
    }
    if (missing.length > 0) {
      const message = `lacks these values, add them in Salesforce: ${missing.join(', ')}`
      return { subject, outcome: 'differs', message }
    }
    return { subject, outcome: 'present', message: `"${there.label}", ${type}` }
  }
  try {
    await client.createField(subject, { label, required: false, ...metadata })
    return { subject, outcome: 'created', message: `"${label}", ${type}` }
  } catch (error) {
    // It is there, but the user may not see it: the permission set below lets him.
    if (isCode(error, 'DUPLICATE_DEVELOPER_NAME')) return { subject, outcome: 'present', message: `"${label}"` }
    throw error
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof SyncError && error.problem.kind === 'record_rejected' && error.problem.remoteCode === code

function choiceOf(value: string): JsonObject {
  const words = value.replaceAll('_', ' ')
  return { valueName: value, label: words.charAt(0).toUpperCase() + words.slice(1), default: false }
}

function text(name: string, label: string, description: string, more: JsonObject = {}): Wanted {
  return { name, label, type: 'string', metadata: { type: 'Text', length: 255, description, ...more } }
}
function link(name: string, label: string, description: string): Wanted {
  return { name, label, type: 'url', metadata: { type: 'Url', description } }
}
function quantity(name: string, label: string, description: string): Wanted {
  return { name, label, type: 'double', metadata: { type: 'Number', precision: 18, scale: 4, description } }
}
function day(name: string, label: string, description: string): Wanted {
  return { name, label, type: 'date', metadata: { type: 'Date', description } }
}
