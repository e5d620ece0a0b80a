import { testKills } from './kills.ts'

testKills({ crm: 'hubspot', erp: 'odoo', kills: 200, seed: 20_261_124, change: { crm: { indexDelaySeconds: 1 } } })
