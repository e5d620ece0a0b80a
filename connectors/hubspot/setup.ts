import {
  PropertyCreateFieldTypeEnum as Field,
  PropertyCreateTypeEnum as Type,
} from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import { stages } from '../../src/core/documents.ts'
import type { SetupStep } from '../../src/ports/connector.ts'
import type { Client } from './client.ts'
import { type Definitions, optionsOf } from './schema.ts'

const group = { name: 'erp_sync', label: 'ERP order' }

interface Wanted {
  readonly name: string
  readonly label: string
  readonly type: Type
  readonly fieldType: Field
  readonly description: string
  readonly options?: readonly string[]
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
  {
    name: 'erp_amount_outstanding',
    label: 'Amount outstanding',
    type: Type.Number,
    fieldType: Field.Number,
    description: 'Unpaid sum of all invoices, in the currency of the order',
  },
  {
    name: 'erp_sync_problem',
    label: 'ERP sync problem',
    type: Type.String,
    fieldType: Field.Textarea,
    description: 'What keeps the deal from becoming an order, and what to do about it; empty when all is well',
  },
]

/** Creates the group and the properties that are not there. May run again at any time; changes nothing that is there. */
export async function setUp(client: Client, definitions: Definitions): Promise<readonly SetupStep[]> {
  definitions.forget('deals')
  const present = await definitions.properties('deals')
  const steps: SetupStep[] = []
  if (writeBack.some((wanted) => !present.has(wanted.name))) {
    const outcome = await client.createGroup('deals', group.name, group.label)
    steps.push({ subject: `group ${group.name}`, outcome, message: `Group "${group.label}" of deal properties` })
  }
  for (const wanted of writeBack) {
    const { name, label, type, fieldType, description, options } = wanted
    const subject = `deals.${name}`
    const there = present.get(name)
    if (there === undefined) {
      const outcome = await client.createProperty('deals', {
        name,
        label,
        type,
        fieldType,
        description,
        groupName: group.name,
        ...(options === undefined ? {} : { options: options.map(optionOf) }),
      })
      steps.push({ subject, outcome, message: `"${label}", ${type}` })
      continue
    }
    const missing = (options ?? []).filter((option) => !(optionsOf(there) ?? []).includes(option))
    if (there.type !== type) {
      const message = `is of type ${there.type}, ${type} is wanted: delete it or map another property`
      steps.push({ subject, outcome: 'differs', message })
    } else if (missing.length > 0) {
      steps.push({
        subject,
        outcome: 'differs',
        message: `lacks these options, add them in HubSpot: ${missing.join(', ')}`,
      })
    } else {
      steps.push({ subject, outcome: 'present', message: `"${there.label}", ${type}` })
    }
  }
  definitions.forget('deals')
  return steps
}

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
