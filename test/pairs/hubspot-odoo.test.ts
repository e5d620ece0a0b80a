import { describeMainJob } from './main-job.ts'

describeMainJob('hubspot', 'odoo', { crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
