/** What a field holds: `false` is empty, lists are ids, times are text in UTC that sorts. */
export type Value = string | number | boolean | readonly number[]
export type Values = Readonly<Record<string, Value>>

/** A field as `fields_get` describes it, and where its value is. */
export interface SimulatedField {
  readonly type: string
  readonly string: string
  readonly required: boolean
  readonly readonly: boolean
  readonly store: boolean
  readonly searchable: boolean
  readonly relation?: string
  /** Of a list that is not kept: the field of the other model that leads back. */
  readonly inverse?: string
  /** Value and label. */
  readonly selection?: readonly (readonly [Value, string])[]
  /** Not read-only in these states after all; up to version 16. */
  readonly openIn?: readonly string[]
  /** Read, searched and written at the record that another field leads to. */
  readonly related?: readonly [string, string]
  /** Made on reading, by the reading side. */
  readonly computed?: boolean
  /** Made up on the spot by a module: described by its type, label and choices alone. */
  readonly bare?: boolean
  /** Names of the fields that it is computed from though it is kept. */
  readonly depends?: readonly string[]
  /** All digits of a number, and those after the point. */
  readonly digits?: readonly [number, number]
  /** Kept with an index by value. */
  readonly indexed?: boolean
  readonly default?: Value
}
type SimulatedFields = Readonly<Record<string, SimulatedField>>
interface SimulatedModel {
  readonly title: string
  /** Order of a search that asks for none. */
  readonly order: string
  readonly fields: SimulatedFields
}
export type SimulatedModels = ReadonlyMap<string, SimulatedModel>

type More = Partial<SimulatedField>

const field = (type: string, string: string, more: More = {}): SimulatedField => ({
  type,
  string,
  required: false,
  readonly: false,
  store: true,
  searchable: true,
  ...more,
})
const char = (string: string, more?: More) => field('char', string, more)
const text = (string: string, more?: More) => field('text', string, more)
const number = (string: string, more?: More) => field('float', string, { default: 0, ...more })
const integer = (string: string, more?: More) => field('integer', string, { default: 0, ...more })
const money = (string: string, more?: More) => field('monetary', string, { default: 0, ...more })
const flag = (string: string, more?: More) => field('boolean', string, more)
const moment = (string: string, more?: More) => field('datetime', string, more)
const day = (string: string, more?: More) => field('date', string, more)
const one = (string: string, relation: string, more?: More) => field('many2one', string, { relation, ...more })
const some = (string: string, relation: string, more?: More) =>
  field('many2many', string, { relation, default: none, ...more })
const lines = (string: string, relation: string, inverse: string, more?: More) =>
  field('one2many', string, { relation, inverse, ...more })
const choice = (string: string, options: string, more?: More) =>
  field('selection', string, {
    selection: options.split(', ').map((option) => {
      const [value = '', label = value] = option.split(':')
      return [value, label] as const
    }),
    ...more,
  })
const none: readonly number[] = []

const needed = { required: true }
const shown = { readonly: true }
const made = { readonly: true, store: false, searchable: false, computed: true }
const indexed = { indexed: true }
const active = flag('Active', { default: true })
const ofTemplate = (name: string): More => ({ store: false, related: ['product_tmpl_id', name] })

const orderStates = 'draft:Quotation, sent:Quotation Sent, sale:Sales Order, done:Locked, cancel:Cancelled'
const invoiceStatuses =
  'upselling:Upselling Opportunity, invoiced:Fully Invoiced, to invoice:To Invoice, no:Nothing to Invoice'
const productTypes = 'consu:Consumable, service:Service, product:Storable Product'
const purchaseStates =
  'draft:RFQ, sent:RFQ Sent, to approve:To Approve, purchase:Purchase Order, done:Locked, cancel:Cancelled'
const operations = 'incoming:Receipt, outgoing:Delivery, internal:Internal Transfer, mrp_operation:Manufacturing'

const templateFieldsOf = (major: number): SimulatedFields => ({
  name: char('Name', { ...needed, ...indexed }),
  ...(major >= 18
    ? {
        type: choice('Product Type', 'consu:Goods, service:Service, combo:Combo', { ...needed, default: 'consu' }),
        is_storable: flag('Track Inventory'),
      }
    : { type: choice('Product Type', productTypes, { ...needed, default: 'product' }) }),
  categ_id: one('Product Category', 'product.category', { ...needed, default: 1 }),
  list_price: number('Sales Price', { default: 1, digits: [16, 2] }),
  uom_id: one('Unit of Measure', 'uom.uom', { ...needed, default: 1 }),
  taxes_id: some('Customer Taxes', 'account.tax'),
  sale_ok: flag('Can be Sold', { default: true }),
  purchase_ok: flag('Can be Purchased', { default: true }),
  invoice_policy: choice('Invoicing Policy', 'order:Ordered quantities, delivery:Delivered quantities', {
    default: 'order',
  }),
  description_sale: text('Sales Description'),
  company_id: one('Company', 'res.company'),
})

/**
 * The part of a standard Odoo that an integration of sales meets, with its fields' names and kinds as Odoo 14 has them,
 * and where a later version is known to differ, as that one has them.
 */
export function modelsOf(major: number, { stock = true }: { readonly stock?: boolean } = {}): SimulatedModels {
  // Up to version 16 the database itself said that a field is open in some states only.
  const whileOpen: More = major >= 17 ? {} : { readonly: true, openIn: ['draft', 'sent'] }
  // And from version 17 on these are computed from the customer.
  const ofCustomer: More = major >= 17 ? { depends: ['partner_id'] } : {}
  // These from version 16 on; before, the form fills them in and `create` does not.
  const agreed: More = major >= 16 ? { depends: ['partner_id'] } : {}
  const templateFields = templateFieldsOf(major)
  const models: Record<string, SimulatedModel> = {
    'res.users': model('Users', 'name', {
      name: char('Name', needed),
      login: char('Login', { ...needed, ...indexed }),
      tz: char('Timezone'),
      lang: char('Language'),
      active,
      company_id: one('Company', 'res.company', needed),
      company_ids: some('Companies', 'res.company'),
      partner_id: one('Related Partner', 'res.partner'),
      ...(major >= 19
        ? {}
        : {
            sel_groups_2_3: field('selection', 'Administration', {
              ...made,
              bare: true,
              selection: [
                [false, ''],
                [2, 'Access Rights'],
                [3, 'Settings'],
              ],
            }),
            in_group_22: flag('Administrator', { ...made, bare: true }),
          }),
    }),
    'res.users.apikeys': model('Users API Keys', 'id', {
      name: char('Description', needed),
      scope: char('Scope', shown),
      user_id: one('User', 'res.users', needed),
      ...(major >= 18 ? { expiration_date: moment('Expiration Date', shown) } : {}),
    }),
    'res.company': model('Companies', 'name', {
      name: char('Company Name', needed),
      currency_id: one('Currency', 'res.currency', needed),
      partner_id: one('Partner', 'res.partner'),
      country_id: one('Country', 'res.country'),
    }),
    'res.currency': model('Currency', 'id', {
      name: char('Currency', { ...needed, ...indexed }),
      symbol: char('Symbol', needed),
      rounding: number('Rounding Factor', { default: 0.01 }),
      decimal_places: integer('Decimal Places', { ...shown, default: 2 }),
      active,
    }),
    'res.currency.rate': model('Currency Rate', 'name desc', {
      name: day('Date', needed),
      rate: number('Rate', { default: 1 }),
      currency_id: one('Currency', 'res.currency', { ...needed, ...indexed }),
    }),
    'res.country': model('Country', 'name', {
      name: char('Country Name', { ...needed, ...indexed }),
      code: char('Country Code', indexed),
      state_ids: lines('States', 'res.country.state', 'country_id'),
    }),
    'res.country.state': model('Country state', 'code', {
      name: char('State Name', needed),
      code: char('State Code', needed),
      country_id: one('Country', 'res.country', { ...needed, ...indexed }),
    }),
    'res.lang': model('Languages', 'name', { name: char('Name', needed), code: char('Locale Code', needed), active }),
    'res.partner.category': model('Partner Tags', 'name', { name: char('Tag Name', needed), active }),
    'res.partner': model('Contact', 'id', {
      name: char('Name', indexed),
      display_name: char('Display Name', { readonly: true, computed: true, store: false }),
      is_company: flag('Is a Company'),
      parent_id: one('Related Company', 'res.partner', indexed),
      child_ids: lines('Contact', 'res.partner', 'parent_id'),
      commercial_partner_id: one('Commercial Entity', 'res.partner', made),
      type: choice(
        'Address Type',
        'contact:Contact, invoice:Invoice Address, delivery:Delivery Address, other:Other Address, private:Private Address',
        { default: 'contact' },
      ),
      ref: char('Reference', indexed),
      vat: char('Tax ID', indexed),
      email: char('Email', indexed),
      phone: char('Phone'),
      mobile: char('Mobile'),
      website: char('Website Link'),
      function: char('Job Position'),
      street: char('Street'),
      street2: char('Street2'),
      city: char('City'),
      zip: char('Zip'),
      state_id: one('State', 'res.country.state'),
      country_id: one('Country', 'res.country'),
      lang: choice('Language', 'en_US:English (US), de_DE:German, fr_FR:French', { default: 'en_US' }),
      comment: text('Notes'),
      active,
      customer_rank: integer('Customer Rank'),
      supplier_rank: integer('Supplier Rank'),
      company_id: one('Company', 'res.company'),
      user_id: one('Salesperson', 'res.users'),
      category_id: some('Tags', 'res.partner.category'),
      property_payment_term_id: one('Customer Payment Terms', 'account.payment.term'),
      property_account_position_id: one('Fiscal Position', 'account.fiscal.position'),
      property_product_pricelist: one('Pricelist', 'product.pricelist', { searchable: false }),
    }),
    // Categories with a ratio up to version 18, each unit told by another one from 19 on [uom/models/uom_uom.py].
    'uom.uom': model('Product Unit of Measure', 'name', {
      name: char('Unit of Measure', { ...needed, ...indexed }),
      factor: number('Ratio', { ...needed, default: 1 }),
      rounding: number('Rounding Precision', { ...needed, default: 0.01 }),
      ...(major >= 19
        ? { relative_uom_id: one('Reference Unit', 'uom.uom') }
        : {
            category_id: one('Category', 'uom.category', needed),
            factor_inv: number('Bigger Ratio', { ...shown, default: 1 }),
            uom_type: choice('Type', 'bigger:Bigger, reference:Reference, smaller:Smaller', {
              ...needed,
              default: 'reference',
            }),
          }),
      active,
    }),
    ...(major >= 19 ? {} : { 'uom.category': model('Product UoM Categories', 'name', { name: char('Name', needed) }) }),
    'account.tax': model('Tax', 'id', {
      name: char('Tax Name', { ...needed, ...indexed }),
      amount: number('Amount', needed),
      amount_type: choice('Tax Computation', 'group:Group of Taxes, fixed:Fixed, percent:Percentage of Price', {
        ...needed,
        default: 'percent',
      }),
      type_tax_use: choice('Tax Type', 'sale:Sales, purchase:Purchases, none:None', { ...needed, default: 'sale' }),
      price_include: flag('Included in Price'),
      description: char('Label on Invoices'),
      active,
      company_id: one('Company', 'res.company', needed),
    }),
    'account.payment.term': model('Payment Terms', 'id', { name: char('Payment Terms', needed), active }),
    'account.fiscal.position': model('Fiscal Position', 'id', { name: char('Fiscal Position', needed), active }),
    'crm.team': model('Sales Team', 'id', { name: char('Sales Team', needed), active }),
    'stock.warehouse': model('Warehouse', 'id', {
      name: char('Warehouse', needed),
      code: char('Short Name', needed),
      company_id: one('Company', 'res.company', needed),
      active,
    }),
    'delivery.carrier': model('Shipping Methods', 'id', { name: char('Delivery Method', needed), active }),
    'product.pricelist': model('Pricelist', 'id', {
      name: char('Pricelist Name', needed),
      currency_id: one('Currency', 'res.currency', needed),
      company_id: one('Company', 'res.company'),
      item_ids: lines('Pricelist Rules', 'product.pricelist.item', 'pricelist_id'),
      active,
    }),
    'product.pricelist.item': model('Pricelist Rule', 'applied_on, min_quantity desc, categ_id desc, id desc', {
      pricelist_id: one('Pricelist', 'product.pricelist', { ...needed, ...indexed }),
      applied_on: choice(
        'Apply On',
        '3_global:All Products, 2_product_category:Product Category, 1_product:Product, 0_product_variant:Product Variant',
        { ...needed, ...indexed, default: '3_global' },
      ),
      product_id: one('Product Variant', 'product.product', indexed),
      product_tmpl_id: one('Product', 'product.template', indexed),
      categ_id: one('Product Category', 'product.category'),
      min_quantity: number('Min. Quantity'),
      date_start: moment('Start Date'),
      date_end: moment('End Date'),
      compute_price: choice('Compute Price', 'fixed:Fixed Price, percentage:Percentage (discount), formula:Formula', {
        ...needed,
        default: 'fixed',
      }),
      base: choice('Based on', 'list_price:Sales Price, standard_price:Cost, pricelist:Other Pricelist', {
        ...needed,
        default: 'list_price',
      }),
      fixed_price: number('Fixed Price'),
      percent_price: number('Percentage Price'),
      price_discount: number('Price Discount'),
      price_surcharge: number('Price Surcharge'),
      price_round: number('Price Rounding'),
      price_min_margin: number('Min. Price Margin'),
      price_max_margin: number('Max. Price Margin'),
    }),
    'product.category': model('Product Category', 'id', {
      name: char('Name', needed),
      parent_id: one('Parent Category', 'product.category', indexed),
    }),
    'stock.location': model('Inventory Locations', 'id', { name: char('Location Name', needed), active }),
    'stock.quant': model('Quants', 'id', {
      product_id: one('Product', 'product.product', { ...needed, ...indexed }),
      location_id: one('Location', 'stock.location', { ...needed, default: 1 }),
      quantity: number('Quantity'),
      reserved_quantity: number('Reserved Quantity', { ...needed, ...shown }),
    }),
    'product.template': model('Product Template', 'id', {
      ...templateFields,
      default_code: char('Internal Reference'),
      product_variant_ids: lines('Products', 'product.product', 'product_tmpl_id', needed),
      active,
    }),
    'product.product': model('Product', 'default_code, id', {
      default_code: char('Internal Reference', indexed),
      barcode: char('Barcode', indexed),
      product_tmpl_id: one('Product Template', 'product.template', { ...needed, ...indexed }),
      active,
      ...Object.fromEntries(
        Object.entries(templateFields).map(([name, of]) => [name, { ...of, indexed: false, ...ofTemplate(name) }]),
      ),
      currency_id: one('Currency', 'res.currency', made),
      lst_price: number('Public Price', { ...made, readonly: false, digits: [16, 2] }),
      price_extra: number('Variant Price Extra', made),
      ...(major <= 15 ? { price: number('Price', { ...made, readonly: false, digits: [16, 2] }) } : {}),
      stock_quant_ids: lines('Stock Quant', 'stock.quant', 'product_id'),
      stock_move_ids: lines('Stock Move', 'stock.move', 'product_id'),
      qty_available: number('Quantity On Hand', { ...made, searchable: true }),
      virtual_available: number('Forecast Quantity', { ...made, searchable: true }),
      free_qty: number('Free To Use Quantity', { ...made, searchable: true }),
    }),
    'procurement.group': model('Procurement Group', 'id', {
      name: char('Reference', needed),
      partner_id: one('Partner', 'res.partner'),
      sale_id: one('Sale Order', 'sale.order', indexed),
      stock_move_ids: lines('Related Stock Moves', 'stock.move', 'group_id'),
      mrp_production_ids: lines('Mrp Production', 'mrp.production', 'procurement_group_id'),
    }),
    'sale.order': model('Sales Order', 'date_order desc, id desc', {
      name: char('Order Reference', { ...needed, ...whileOpen, ...indexed }),
      state: choice('Status', major >= 17 ? orderStates.replace(' done:Locked,', '') : orderStates, {
        ...shown,
        default: 'draft',
      }),
      ...(major >= 17 ? { locked: flag('Locked') } : {}),
      client_order_ref: char('Customer Reference', indexed),
      origin: char('Source Document'),
      reference: char('Payment Ref.'),
      date_order: moment('Order Date', { ...needed, ...whileOpen }),
      commitment_date: moment('Delivery Date'),
      partner_id: one('Customer', 'res.partner', { ...needed, ...whileOpen }),
      partner_invoice_id: one('Invoice Address', 'res.partner', { ...needed, ...whileOpen, ...ofCustomer }),
      partner_shipping_id: one('Delivery Address', 'res.partner', { ...needed, ...whileOpen, ...ofCustomer }),
      pricelist_id: one('Pricelist', 'product.pricelist', {
        required: major <= 16,
        ...whileOpen,
        ...ofCustomer,
      }),
      currency_id: one('Currency', 'res.currency', shown),
      payment_term_id: one('Payment Terms', 'account.payment.term', agreed),
      fiscal_position_id: one('Fiscal Position', 'account.fiscal.position', agreed),
      user_id: one('Salesperson', 'res.users', agreed),
      team_id: one('Sales Team', 'crm.team'),
      company_id: one('Company', 'res.company', needed),
      warehouse_id: one('Warehouse', 'stock.warehouse', { ...needed, ...whileOpen }),
      carrier_id: one('Delivery Method', 'delivery.carrier'),
      // Source: `sale.py` of 14.0, `sale_order.py` of 19.0; in which version between them it changed was not looked up.
      note: field(major > 14 ? 'html' : 'text', 'Terms and conditions'),
      invoice_status: choice('Invoice Status', invoiceStatuses, { ...shown, default: 'no' }),
      amount_untaxed: money('Untaxed Amount', shown),
      amount_tax: money('Taxes', shown),
      amount_total: money('Total', shown),
      order_line: lines('Order Lines', 'sale.order.line', 'order_id'),
      picking_ids: lines('Transfers', 'stock.picking', 'sale_id'),
      invoice_ids: some('Invoices', 'account.move', { ...shown, ...indexed }),
      procurement_group_id: one('Procurement Group', 'procurement.group', indexed),
      ...(major >= 17 ? { mrp_production_ids: some('Manufacturing orders', 'mrp.production', made) } : {}),
    }),
    'sale.order.line': model('Sales Order Line', 'order_id, sequence, id', {
      order_id: one('Order Reference', 'sale.order', { ...needed, ...indexed }),
      sequence: integer('Sequence', { default: 10 }),
      name: text('Description', needed),
      display_type: choice('Display Type', 'line_section:Section, line_note:Note'),
      product_id: one('Product', 'product.product'),
      product_uom_qty: number('Quantity', { ...needed, default: 1, digits: [16, 2] }),
      [major >= 19 ? 'product_uom_id' : 'product_uom']: one('Unit of Measure', 'uom.uom'),
      price_unit: number('Unit Price', { ...needed, digits: [16, 2] }),
      discount: number('Discount (%)', { digits: [16, 2] }),
      tax_id: some('Taxes', 'account.tax'),
      price_subtotal: money('Subtotal', shown),
      price_tax: number('Total Tax', shown),
      price_total: money('Total', shown),
      qty_delivered: number('Delivered Quantity'),
      qty_invoiced: number('Invoiced Quantity', shown),
      move_ids: lines('Stock Moves', 'stock.move', 'sale_line_id'),
      purchase_line_ids: lines('Generated Purchase Lines', 'purchase.order.line', 'sale_line_id', shown),
      state: choice('Order Status', orderStates, { ...shown, related: ['order_id', 'state'] }),
      currency_id: one('Currency', 'res.currency', { ...shown, related: ['order_id', 'currency_id'] }),
      order_partner_id: one('Customer', 'res.partner', { ...shown, related: ['order_id', 'partner_id'] }),
    }),
    'stock.picking': model('Transfer', 'scheduled_date, id desc', {
      name: char('Reference', { ...shown, ...indexed }),
      origin: char('Source Document'),
      state: choice(
        'Status',
        'draft:Draft, waiting:Waiting Another Operation, confirmed:Waiting, assigned:Ready, done:Done, cancel:Cancelled',
        { ...shown, default: 'draft' },
      ),
      picking_type_code: choice('Type of Operation', operations, { ...shown, default: 'outgoing' }),
      partner_id: one('Contact', 'res.partner'),
      sale_id: one('Sales Order', 'sale.order', indexed),
      group_id: one('Procurement Group', 'procurement.group', shown),
      backorder_id: one('Back Order of', 'stock.picking', { ...shown, ...indexed }),
      backorder_ids: lines('Back Orders', 'stock.picking', 'backorder_id'),
      [major >= 17 ? 'move_ids' : 'move_lines']: lines('Stock Moves', 'stock.move', 'picking_id'),
      scheduled_date: moment('Scheduled Date'),
      date_deadline: moment('Deadline', shown),
      date_done: moment('Date of Transfer', shown),
      carrier_id: one('Carrier', 'delivery.carrier'),
      carrier_tracking_ref: char('Tracking Reference'),
      carrier_tracking_url: char('Tracking URL', made),
    }),
    'stock.move': model('Stock Move', 'id', {
      name: char('Description', needed),
      state: choice(
        'Status',
        'draft:New, cancel:Cancelled, waiting:Waiting Another Move, confirmed:Waiting Availability, ' +
          'partially_available:Partially Available, assigned:Available, done:Done',
        { ...shown, default: 'draft' },
      ),
      origin: char('Source Document'),
      date: moment('Date Scheduled'),
      product_id: one('Product', 'product.product', { ...needed, ...indexed }),
      product_uom_qty: number('Demand', needed),
      product_uom: one('Unit of Measure', 'uom.uom', { ...needed, default: 1 }),
      ...(major >= 17
        ? { quantity: number('Quantity') }
        : {
            quantity_done: number('Quantity Done'),
            reserved_availability: number('Quantity Reserved', { ...shown, store: false }),
          }),
      procure_method: choice('Supply Method', 'make_to_stock:Default, make_to_order:Advanced', {
        ...needed,
        default: 'make_to_stock',
      }),
      picking_id: one('Transfer', 'stock.picking', indexed),
      picking_code: choice('Type of Operation', operations, {
        ...shown,
        store: false,
        related: ['picking_id', 'picking_type_code'],
      }),
      group_id: one('Procurement Group', 'procurement.group', indexed),
      sale_line_id: one('Sale Line', 'sale.order.line', indexed),
      created_production_id: one('Created Production Order', 'mrp.production', indexed),
      ...(major >= 17
        ? { created_purchase_line_ids: some('Created Purchase Order Lines', 'purchase.order.line', indexed) }
        : { created_purchase_line_id: one('Created Purchase Order Line', 'purchase.order.line', indexed) }),
      purchase_line_id: one('Purchase Order Line', 'purchase.order.line', { ...shown, ...indexed }),
      move_orig_ids: some('Original Move', 'stock.move', indexed),
      move_dest_ids: { ...lines('Destination Moves', 'stock.move', 'move_orig_ids'), type: 'many2many' },
      to_refund: flag('Update quantities on SO/PO'),
    }),
    'mrp.production': model('Production Order', 'id', {
      name: char('Reference', { ...shown, ...indexed }),
      origin: char('Source', indexed),
      state: choice(
        'State',
        'draft:Draft, confirmed:Confirmed, progress:In Progress, to_close:To Close, done:Done, cancel:Cancelled',
        { ...shown, default: 'draft' },
      ),
      product_id: one('Product', 'product.product', needed),
      product_qty: number('Quantity To Produce', { ...needed, default: 1 }),
      qty_producing: number('Quantity Producing'),
      qty_produced: number('Quantity Produced', { ...shown, store: false }),
      product_uom_id: one('Product Unit of Measure', 'uom.uom', { ...needed, default: 1 }),
      procurement_group_id: one('Procurement Group', 'procurement.group', indexed),
      move_dest_ids: lines('Stock Movements of Produced Goods', 'stock.move', 'created_production_id'),
      ...(major >= 17
        ? { date_start: moment('Start', needed) }
        : {
            date_planned_start: moment('Scheduled Date', needed),
            date_planned_finished: moment('Scheduled End Date'),
            date_start: moment('Start Date', shown),
          }),
      date_finished: moment('End Date', shown),
      date_deadline: moment('Deadline', shown),
    }),
    'purchase.order': model('Purchase Order', 'date_order desc, id desc', {
      name: char('Order Reference', { ...needed, ...indexed }),
      origin: char('Source Document', indexed),
      state: choice('Status', purchaseStates, { ...shown, default: 'draft' }),
      partner_id: one('Vendor', 'res.partner', needed),
      date_order: moment('Order Deadline', needed),
      date_approve: moment('Confirmation Date', shown),
      date_planned: moment('Receipt Date'),
      amount_total: money('Total', shown),
      currency_id: one('Currency', 'res.currency', needed),
      order_line: lines('Order Lines', 'purchase.order.line', 'order_id'),
      picking_ids: some('Receptions', 'stock.picking', shown),
    }),
    'purchase.order.line': model('Purchase Order Line', 'order_id, id', {
      order_id: one('Order Reference', 'purchase.order', { ...needed, ...indexed }),
      name: text('Description', needed),
      product_id: one('Product', 'product.product'),
      product_qty: number('Quantity', needed),
      qty_received: number('Received Qty'),
      price_unit: number('Unit Price', needed),
      date_planned: moment('Delivery Date'),
      move_ids: lines('Reservation', 'stock.move', 'purchase_line_id', shown),
      move_dest_ids: lines(
        'Downstream Moves',
        'stock.move',
        major >= 17 ? 'created_purchase_line_ids' : 'created_purchase_line_id',
      ),
      sale_line_id: one('Origin Sale Item', 'sale.order.line', indexed),
      sale_order_id: one('Sale Order', 'sale.order', { ...shown, ...indexed }),
      state: choice('Status', purchaseStates, { ...shown, related: ['order_id', 'state'] }),
    }),
    'account.move': model('Journal Entry', 'id desc', {
      name: char('Number', { default: '/' }),
      move_type: choice(
        'Type',
        'entry:Journal Entry, out_invoice:Customer Invoice, out_refund:Customer Credit Note, in_invoice:Vendor Bill, ' +
          'in_refund:Vendor Credit Note',
        { ...needed, ...shown, default: 'entry' },
      ),
      state: choice('Status', 'draft:Draft, posted:Posted, cancel:Cancelled', {
        ...needed,
        ...shown,
        default: 'draft',
      }),
      payment_state: choice(
        'Payment Status',
        'not_paid:Not Paid, in_payment:In Payment, paid:Paid, partial:Partially Paid, reversed:Reversed',
        { ...shown, default: 'not_paid' },
      ),
      invoice_origin: char('Origin', { ...shown, ...indexed }),
      invoice_date: day('Invoice/Bill Date'),
      invoice_date_due: day('Due Date'),
      date: day('Date', needed),
      ref: char('Reference'),
      partner_id: one('Partner', 'res.partner'),
      currency_id: one('Currency', 'res.currency', needed),
      company_id: one('Company', 'res.company', shown),
      amount_untaxed: money('Untaxed Amount', shown),
      amount_tax: money('Tax', shown),
      amount_total: money('Total', shown),
      amount_residual: money('Amount Due', shown),
      invoice_payments_widget: field(major >= 16 ? 'binary' : 'text', 'Invoice Payments Widget', made),
    }),
    'account.payment': model('Payments', 'id desc', {
      name: char('Number'),
      amount: money('Amount', needed),
      date: day('Date', needed),
      partner_id: one('Customer', 'res.partner'),
      currency_id: one('Currency', 'res.currency', needed),
      reconciled_invoice_ids: some('Reconciled Invoices', 'account.move', { ...shown, ...indexed }),
    }),
    'ir.model.data': model('Model Data', 'module, model, name', {
      module: char('Module', needed),
      name: char('External Identifier', { ...needed, ...indexed }),
      model: char('Model Name', needed),
      res_id: field('many2one_reference', 'Record ID', { ...indexed, default: 0 }),
      noupdate: flag('Non Updatable'),
    }),
    'ir.config_parameter': model('System Parameter', 'key', {
      key: char('Key', { ...needed, ...indexed }),
      value: text('Value', needed),
    }),
    'ir.module.module': model('Module', 'name', {
      name: char('Technical Name', { ...needed, ...indexed }),
      state: char('Status', shown),
      installed_version: char('Latest Version', shown),
    }),
  }
  return stock ? new Map(Object.entries(models)) : withoutStock(models)
}

/** As they are where the app for stock is not installed: neither its models nor what it adds to others. */
function withoutStock(models: Readonly<Record<string, SimulatedModel>>): SimulatedModels {
  const counted = new Set(['qty_available', 'virtual_available', 'free_qty', 'is_storable', 'warehouse_id'])
  const isOfStock = (name = ''): boolean => /^(stock|mrp|procurement|delivery)\./.test(name)
  const left = ([name, field]: [string, SimulatedField]) => !counted.has(name) && !isOfStock(field.relation)
  return new Map(
    Object.entries(models).flatMap(([name, { title, order, fields }]) =>
      isOfStock(name)
        ? []
        : [[name, { title, order, fields: Object.fromEntries(Object.entries(fields).filter(left)) }]],
    ),
  )
}

function model(title: string, order: string, fields: SimulatedFields): SimulatedModel {
  return {
    title,
    order,
    fields: {
      id: integer('ID', shown),
      display_name: char('Display Name', made),
      ...fields,
      create_date: moment('Created on', shown),
      write_date: moment('Last Updated on', shown),
      create_uid: one('Created by', 'res.users', shown),
      write_uid: one('Last Updated by', 'res.users', shown),
    },
  }
}
