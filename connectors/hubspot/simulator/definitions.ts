/** Property definitions and pipelines of a fresh account, as far as the job needs them. */
export interface SimulatedProperty {
  name: string
  label: string
  type: string
  fieldType: string
  groupName: string
  description: string
  options: { label: string; value: string; displayOrder: number; hidden: boolean }[]
  hubspotDefined: boolean
  calculated: boolean
  hasUniqueValue: boolean
  externalOptions: boolean
  archived: boolean
  displayOrder: number
  hidden: boolean
  formField: boolean
  modificationMetadata: { archivable: boolean; readOnlyDefinition: boolean; readOnlyValue: boolean }
}
export interface SimulatedPipeline {
  readonly id: string
  readonly label: string
  readonly stages: readonly {
    readonly id: string
    readonly label: string
    readonly probability: number
    readonly closed: boolean
  }[]
}

export const defaultPipelines: readonly SimulatedPipeline[] = [
  {
    id: 'default',
    label: 'Sales Pipeline',
    stages: [
      { id: 'appointmentscheduled', label: 'Appointment scheduled', probability: 0.2, closed: false },
      { id: 'qualifiedtobuy', label: 'Qualified to buy', probability: 0.4, closed: false },
      { id: 'contractsent', label: 'Contract sent', probability: 0.9, closed: false },
      { id: 'closedwon', label: 'Closed won', probability: 1, closed: true },
      { id: 'closedlost', label: 'Closed lost', probability: 0, closed: true },
    ],
  },
  {
    id: '75001',
    label: 'Partner Pipeline',
    stages: [
      { id: '750011', label: 'Open', probability: 0.3, closed: false },
      { id: '750012', label: 'Won', probability: 1, closed: true },
    ],
  },
]

// name:type, and `!` for one that only HubSpot sets.
const own: Readonly<Record<string, string>> = {
  deals:
    'dealname:string amount:number dealstage:enumeration pipeline:enumeration closedate:datetime dealtype:enumeration ' +
    'description:string deal_currency_code:enumeration hubspot_owner_id:enumeration hs_is_closed:bool! ' +
    'hs_is_closed_won:bool! hs_closed_won_date:datetime! hs_num_of_associated_line_items:number! hs_next_step:string ' +
    'po_number:string requested_delivery_date:date payment_terms:string hs_lastmodifieddate:datetime!',
  line_items:
    'name:string description:string hs_sku:string quantity:number price:number amount:number! discount:number ' +
    'hs_discount_percentage:number hs_product_id:number hs_line_item_currency_code:enumeration ' +
    'hs_tax_rate_group_id:enumeration hs_position_on_quote:number recurringbillingfrequency:enumeration unit:string ' +
    'hs_lastmodifieddate:datetime!',
  companies:
    'name:string domain:string phone:string address:string address2:string city:string state:string zip:string ' +
    'country:string vat_number:string hs_lastmodifieddate:datetime!',
  contacts:
    'firstname:string lastname:string email:string phone:string company:string address:string city:string state:string ' +
    'zip:string country:string hs_language:enumeration lastmodifieddate:datetime!',
  products: 'name:string hs_sku:string price:number description:string hs_lastmodifieddate:datetime!',
}
const everywhere = 'createdate:datetime! hs_object_id:number! hs_merged_object_ids:string!'
const fieldTypes: Readonly<Record<string, string>> = {
  number: 'number',
  enumeration: 'select',
  bool: 'booleancheckbox',
  date: 'date',
  datetime: 'date',
}
export const objectNames = Object.keys(own)

/** The group that an account has of itself: `dealinformation`, `lineiteminformation`. */
export const groupOf = (object: string): string =>
  `${object === 'companies' ? 'company' : object.slice(0, -1).replace('_', '')}information`

/** @param currencies  all of the account, where there are several: products have a price in each */
export function defaultProperties(
  object: string,
  pipelines: readonly SimulatedPipeline[],
  currencies: readonly string[],
): Map<string, SimulatedProperty> {
  const choices: Record<string, readonly string[]> = {
    pipeline: pipelines.map((pipeline) => pipeline.id),
    dealstage: pipelines.flatMap((pipeline) => pipeline.stages.map((stage) => stage.id)),
    dealtype: ['newbusiness', 'existingbusiness'],
  }
  const properties = new Map<string, SimulatedProperty>()
  // One for each stage, and when it came into the one it is in.
  const entered =
    object === 'deals'
      ? [...pipelines.flatMap(({ stages }) => stages.map(({ id }) => id)), 'current_stage'].map(
          (stage) => `hs_v2_date_entered_${stage}:datetime!`,
        )
      : []
  const prices = object === 'products' ? currencies.map((code) => `hs_price_${code.toLowerCase()}:number`) : []
  for (const word of [...`${own[object]} ${everywhere}`.split(' '), ...prices, ...entered]) {
    const [, name = '', type = '', mark] = /^(\w+):(\w+)(!?)$/.exec(word) ?? []
    const options = (choices[name] ?? []).map((value, displayOrder) => ({
      label: value,
      value,
      displayOrder,
      hidden: false,
    }))
    properties.set(name, {
      name,
      label: name,
      type,
      fieldType: fieldTypes[type] ?? 'text',
      groupName: groupOf(object),
      description: '',
      options,
      hubspotDefined: true,
      calculated: mark === '!' && name.startsWith('hs_is_'),
      hasUniqueValue: name === 'hs_object_id',
      externalOptions: type === 'enumeration' && options.length === 0,
      archived: false,
      ...{ displayOrder: -1, hidden: false, formField: false },
      modificationMetadata: { archivable: false, readOnlyDefinition: true, readOnlyValue: mark === '!' },
    })
  }
  return properties
}
