import { testKills } from './kills.ts'

testKills({ crm: 'salesforce', erp: 'odoo', kills: 30, seed: 20_261_126 })
