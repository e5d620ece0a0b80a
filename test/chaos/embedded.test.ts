import { faultPairs, seed } from '../extent.ts'
import { describeChaos } from './chaos.ts'
import { embeddedGround } from './grounds.ts'

describeChaos(
  faultPairs.filter((_pair, index) => index % 2 === 1),
  embeddedGround,
  seed,
)
