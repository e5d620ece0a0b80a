import { testKills } from './kills.ts'

testKills({ crm: 'hubspot', erp: 'netsuite', kills: 30, seed: 20_261_127, change: { crm: { indexDelaySeconds: 1 } } })
