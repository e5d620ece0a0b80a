import { describeFaults } from './faults.ts'

await describeFaults({
  crm: 'hubspot',
  erp: 'odoo',
  change: { crm: { indexDelaySeconds: 0 }, erp: { loadOrders: 4 } },
})
