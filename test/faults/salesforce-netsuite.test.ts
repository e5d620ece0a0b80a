import { describeFaults } from './faults.ts'

await describeFaults({ crm: 'salesforce', erp: 'netsuite' })
