import { faultPairs, seed } from '../extent.ts'
import { describeChaos } from './chaos.ts'
import { externalGround } from './grounds.ts'

describeChaos(
  faultPairs.filter((_pair, index) => index % 2 === 0),
  externalGround,
  seed,
)
