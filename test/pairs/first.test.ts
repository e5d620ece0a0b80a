import { allPairs, half } from '../extent.ts'
import { describeMainJob } from './main-job.ts'

describeMainJob(half(allPairs, 'first'))
