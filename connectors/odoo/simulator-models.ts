/** A field of a simulated model. */
export interface Column {
  readonly type: string
  readonly label: string
  readonly required: boolean
  readonly readonly: boolean
  /** Read-only but for some states of the record, as `fields_get` tells it up to Odoo 16. */
  readonly byState: boolean
  readonly stored: boolean
  readonly searchable: boolean
  readonly indexed: boolean
  readonly relation?: string
  /** Of a list: the field of the other model that leads back here. */
  readonly inverse?: string
  readonly options?: readonly string[]
}
export type Columns = Readonly<Record<string, Column>>
export type Models = Readonly<Record<string, Columns>>

/*
 * `name type flags = label`, as a real Odoo 14 with sales, stock, production, purchase and invoicing describes them.
 * Types: `many2one:model`, `one2many:model/inverse`, `many2many:model`, `many2many:model/inverse` for one that the other
 * side keeps, `selection:a|b`. Flags: req required, ro read-only, st by state, calc computed, blind not searchable, idx indexed.
 */
const orderStates = 'draft|sent|sale|done|cancel'
const texts: Readonly<Record<string, string>> = {
  'sale.order': `
    name char req ro st idx = Order Reference
    state selection:${orderStates} ro = Status
    partner_id many2one:res.partner req ro st = Customer
    partner_invoice_id many2one:res.partner ro st = Invoice Address
    partner_shipping_id many2one:res.partner ro st = Delivery Address
    client_order_ref char idx = Customer Reference
    origin char = Source Document
    date_order datetime ro st = Order Date
    commitment_date datetime st = Delivery Date
    pricelist_id many2one:product.pricelist req ro st = Pricelist
    currency_id many2one:res.currency ro calc = Currency
    payment_term_id many2one:account.payment.term = Payment Terms
    user_id many2one:res.users = Salesperson
    company_id many2one:res.company = Company
    note text = Terms and conditions
    picking_policy selection:direct|one ro st = Shipping Policy
    invoice_status selection:upselling|invoiced|to invoice|no ro calc = Invoice Status
    amount_untaxed monetary ro calc = Untaxed Amount
    amount_tax monetary ro calc = Taxes
    amount_total monetary ro calc = Total
    order_line one2many:sale.order.line/order_id st = Order Lines
    picking_ids one2many:stock.picking/sale_id = Transfers
    invoice_ids many2many:account.move/order_ids ro = Invoices
    procurement_group_id many2one:procurement.group idx = Procurement Group
    tag_ids many2many:crm.tag = Tags
    effective_date date ro = Effective Date`,
  'sale.order.line': `
    order_id many2one:sale.order req idx = Order Reference
    product_id many2one:product.product = Product
    name text = Description
    product_uom_qty float = Quantity
    price_unit float = Unit Price
    discount float = Discount (%)
    tax_id many2many:account.tax = Taxes
    price_subtotal monetary ro calc = Subtotal
    qty_delivered float = Delivered Quantity
    qty_invoiced float ro = Invoiced Quantity
    display_type selection:line_section|line_note = Display Type
    move_ids one2many:stock.move/sale_line_id = Stock Moves
    purchase_line_ids one2many:purchase.order.line/sale_line_id ro = Generated Purchase Lines
    sequence integer = Sequence`,
  'res.partner': `
    name char idx = Name
    is_company boolean = Is a Company
    parent_id many2one:res.partner idx = Related Company
    child_ids one2many:res.partner/parent_id = Contact
    type selection:contact|invoice|delivery|other|private = Address Type
    ref char idx = Reference
    vat char idx = Tax ID
    email char idx = Email
    phone char = Phone
    website char = Website Link
    street char = Street
    street2 char = Street2
    city char = City
    zip char = Zip
    state_id many2one:res.country.state = State
    country_id many2one:res.country = Country
    lang char = Language
    active boolean = Active
    customer_rank integer = Customer Rank
    category_id many2many:res.partner.category = Tags
    company_id many2one:res.company = Company
    comment text = Notes`,
  'product.template': `
    name char req = Name
    list_price float = Sales Price`,
  'product.product': `
    name char req = Name
    default_code char idx = Internal Reference
    barcode char idx = Barcode
    list_price float = Sales Price
    type selection:consu|service|product = Product Type
    active boolean = Active
    product_tmpl_id many2one:product.template idx = Product Template`,
  'product.pricelist': `
    name char req = Pricelist Name
    currency_id many2one:res.currency req = Currency
    active boolean = Active`,
  'res.currency': 'name char req idx = Currency\nactive boolean = Active',
  'res.country': 'name char req = Country Name\ncode char idx = Country Code',
  'res.country.state': 'name char req = State Name\ncode char = State Code\ncountry_id many2one:res.country = Country',
  'res.company': 'name char req = Company Name\ncurrency_id many2one:res.currency req = Currency',
  'res.users': `
    name char = Name
    login char req = Login
    tz char = Timezone
    company_id many2one:res.company req = Company
    active boolean = Active`,
  'res.users.apikeys': 'name char = Description\nscope char = Scope\nexpiration_date datetime = Expiration Date',
  'res.partner.category': 'name char req = Tag Name',
  'crm.tag': 'name char req = Tag Name',
  'account.tax': 'name char req = Tax Name\namount float req = Amount',
  'account.payment.term': 'name char req = Payment Terms',
  'delivery.carrier': 'name char req = Delivery Method',
  'ir.model.data': `
    module char req = Module
    name char req idx = External Identifier
    model char req = Model Name
    res_id many2one_reference idx = Record ID`,
  'procurement.group': `
    name char req = Reference
    sale_id many2one:sale.order = Sale Order
    stock_move_ids one2many:stock.move/group_id = Related Stock Moves
    mrp_production_ids one2many:mrp.production/procurement_group_id = Mrp Production`,
  'stock.picking': `
    name char ro = Reference
    sale_id many2one:sale.order idx = Sales Order
    origin char = Source Document
    state selection:draft|waiting|confirmed|assigned|done|cancel ro = Status
    carrier_id many2one:delivery.carrier = Carrier
    carrier_tracking_ref char = Tracking Reference
    carrier_tracking_url char ro blind = Tracking URL
    scheduled_date datetime = Scheduled Date
    date_done datetime ro = Date of Transfer
    backorder_id many2one:stock.picking ro = Back Order of
    move_lines one2many:stock.move/picking_id = Stock Moves
    picking_type_code selection:incoming|outgoing|internal|mrp_operation ro = Type of Operation`,
  'stock.move': `
    name char = Description
    state selection:draft|cancel|waiting|confirmed|partially_available|assigned|done ro = Status
    product_id many2one:product.product = Product
    product_uom_qty float = Demand
    quantity_done float blind = Quantity Done
    reserved_availability float ro blind = Quantity Reserved
    created_production_id many2one:mrp.production idx = Created Production Order
    created_purchase_line_id many2one:purchase.order.line idx = Created Purchase Order Line
    move_orig_ids many2many:stock.move idx = Original Move
    move_dest_ids many2many:stock.move/move_orig_ids = Destination Moves
    picking_id many2one:stock.picking idx = Transfer
    group_id many2one:procurement.group idx = Procurement Group
    sale_line_id many2one:sale.order.line idx = Sale Line
    purchase_line_id many2one:purchase.order.line idx = Purchase Order Line
    production_id many2one:mrp.production idx = Production Order for finished products
    origin_returned_move_id many2one:stock.move = Origin return move
    picking_code selection:incoming|outgoing|internal|mrp_operation ro = Type of Operation
    to_refund boolean = Update quantities on SO/PO`,
  'mrp.production': `
    name char ro = Reference
    origin char = Source
    state selection:draft|confirmed|progress|to_close|done|cancel ro = State
    product_id many2one:product.product req ro st = Product
    product_qty float ro st = Quantity To Produce
    qty_producing float = Quantity Producing
    qty_produced float ro blind = Quantity Produced
    date_deadline datetime ro = Deadline
    procurement_group_id many2one:procurement.group idx = Procurement Group
    move_dest_ids one2many:stock.move/created_production_id = Stock Movements of Produced Goods`,
  'purchase.order': `
    name char req = Order Reference
    origin char = Source Document
    state selection:draft|sent|to approve|purchase|done|cancel ro = Status
    partner_id many2one:res.partner req st = Vendor
    date_planned datetime = Receipt Date
    order_line one2many:purchase.order.line/order_id = Order Lines`,
  'purchase.order.line': `
    order_id many2one:purchase.order req idx = Order Reference
    product_id many2one:product.product = Product
    product_qty float = Quantity
    qty_received float = Received Qty
    move_dest_ids one2many:stock.move/created_purchase_line_id = Downstream Moves
    move_ids one2many:stock.move/purchase_line_id ro = Reservation
    sale_line_id many2one:sale.order.line idx = Origin Sale Item
    sale_order_id many2one:sale.order ro idx = Sale Order`,
  'account.move': `
    name char = Number
    state selection:draft|posted|cancel ro = Status
    payment_state selection:not_paid|in_payment|paid|partial|reversed ro = Payment Status
    amount_untaxed monetary ro = Untaxed Amount
    amount_tax monetary ro = Tax
    amount_total monetary ro = Total
    amount_residual monetary ro = Amount Due
    invoice_date date ro st = Invoice/Bill Date
    invoice_date_due date ro st = Due Date
    move_type selection:entry|out_invoice|out_refund|in_invoice|in_refund ro = Type
    invoice_origin char ro = Origin
    invoice_payments_widget text ro blind = Invoice Payments Widget
    currency_id many2one:res.currency ro st = Currency
    partner_id many2one:res.partner ro st = Partner
    order_ids many2many:sale.order idx = Orders`,
}

/** What came by another name or way from Odoo 17 on, as far as Crosswalk meets it; from its published source. */
const newer: Readonly<Record<string, string>> = {
  'sale.order': `
    state selection:draft|sent|sale|cancel ro = Status
    locked boolean = Locked
    stock_reference_ids many2many:stock.reference idx = References
    mrp_production_ids many2many:mrp.production ro calc blind = Manufacturing orders
    note html = Terms and conditions`,
  'stock.reference': `
    name char req = Reference
    move_ids many2many:stock.move/reference_ids = Stock Moves
    production_ids many2many:mrp.production/reference_ids = Productions`,
  'stock.picking': 'move_ids one2many:stock.move/picking_id = Stock Moves',
  'stock.move': `
    quantity float blind = Quantity
    picked boolean = Picked
    created_purchase_line_ids many2many:purchase.order.line idx = Created Purchase Order Lines
    reference_ids many2many:stock.reference idx = References`,
  'purchase.order.line': 'move_dest_ids many2many:stock.move/created_purchase_line_ids = Downstream Moves',
  'mrp.production': 'reference_ids many2many:stock.reference idx = References',
}
const gone: Readonly<Record<string, readonly string[]>> = {
  'sale.order': ['procurement_group_id'],
  'stock.picking': ['move_lines'],
  'stock.move': ['quantity_done', 'reserved_availability', 'created_purchase_line_id', 'group_id'],
  'mrp.production': ['procurement_group_id'],
}

/** The models of a version, without those of apps that are `missing`, and without what leads to them. */
export function modelsOf(major: number, missing: readonly string[]): Models {
  const names = Object.keys({ ...texts, ...(major >= 17 ? newer : {}) })
  const models: Record<string, Columns> = {}
  for (const name of names) {
    if (missing.includes(name) || (major >= 17 && name === 'procurement.group')) continue
    const columns = { ...parse(texts[name] ?? ''), ...(major >= 17 ? parse(newer[name] ?? '') : {}) }
    const kept = Object.entries(columns).filter(
      ([column, { relation }]) =>
        !(relation !== undefined && missing.includes(relation)) && !(major >= 17 && gone[name]?.includes(column)),
    )
    models[name] = { ...common, ...Object.fromEntries(kept) }
  }
  return models
}

const common = parse(`
  id integer ro = ID
  display_name char ro calc blind = Display Name
  create_date datetime ro = Creation Date
  write_date datetime ro = Last Updated on`)

function parse(text: string): Record<string, Column> {
  const columns: Record<string, Column> = {}
  for (const line of text.split('\n')) {
    const [left = '', label = ''] = line.trim().split(' = ')
    const [, name, kind = '', flags = ''] =
      /^(\w+) ((?:selection:[^=]*?|\S+?))((?: (?:req|ro|st|calc|blind|idx))*)$/.exec(left) ?? []
    if (name === undefined) continue
    const [type = '', rest = ''] = kind.split(/:(.*)/s)
    const has = (flag: string): boolean => flags.split(' ').includes(flag)
    const [relation = '', inverse] = rest.split('/')
    columns[name] = {
      type,
      label,
      required: has('req'),
      readonly: has('ro'),
      byState: has('st'),
      stored: !has('calc') && type !== 'one2many' && inverse === undefined,
      searchable: !has('blind'),
      indexed: has('idx'),
      ...(type === 'selection' ? { options: rest.split('|') } : {}),
      ...(type !== 'selection' && relation !== '' ? { relation } : {}),
      ...(inverse === undefined ? {} : { inverse }),
    }
  }
  return columns
}
