import { describeMainJob } from './main-job.ts'

describeMainJob('salesforce', 'odoo')
