import { describeMainJob } from './main-job.ts'

describeMainJob('hubspot', 'netsuite', { crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
