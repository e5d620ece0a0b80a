import { describeFaults } from './faults.ts'

await describeFaults({ crm: 'salesforce', erp: 'odoo', change: { erp: { loadOrders: 4 } } })
