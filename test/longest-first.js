import { sep } from 'node:path'
import Sequencer from '@jest/test-sequencer'

/** Folders whose files take minutes each, the longest first. */
const long = ['chaos', 'faults', 'pairs', 'console'].map((name) => `${sep}test${sep}${name}${sep}`)

/** Begins with the files that take longest, so that at the end both workers have something to do. */
export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const rank = ({ path }) => (long.findIndex((folder) => path.includes(folder)) + long.length + 1) % (long.length + 1)
    return (await super.sort(tests)).sort((one, other) => rank(one) - rank(other))
  }
}
