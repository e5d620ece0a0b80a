import { faultPairs, half } from '../extent.ts'
import { describeKills } from './kills.ts'

describeKills(half(faultPairs, 'second'))
