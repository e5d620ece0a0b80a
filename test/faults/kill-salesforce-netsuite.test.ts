import { testKills } from './kills.ts'

testKills({ crm: 'salesforce', erp: 'netsuite', kills: 100, seed: 20_261_125 })
