import { faultPairs, half } from '../extent.ts'
import { describeFaults } from './faults.ts'

await describeFaults(half(faultPairs, 'first'))
