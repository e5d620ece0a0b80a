import type { FulfilmentSync } from './fulfilment/sync.ts'
import type { DealSync } from './orders/sync.ts'

export type Sync = DealSync | FulfilmentSync
