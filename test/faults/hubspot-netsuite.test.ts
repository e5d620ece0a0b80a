import { describeFaults } from './faults.ts'

await describeFaults({ crm: 'hubspot', erp: 'netsuite', change: { crm: { indexDelaySeconds: 0 } } })
