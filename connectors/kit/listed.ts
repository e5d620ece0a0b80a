import type { Failure } from '../../src/core/problem.ts'
import type { Connection, Write } from '../../src/ports/connector.ts'

/**
 * Hands on the writes that `listed` names and refuses the others, each for itself: what a connector does not say that it
 * writes, it does not write.
 * @param system  its title
 */
export function onlyListed(
  system: string,
  listed: Connection['writes'],
  write: Connection['write'],
): Connection['write'] {
  return async (writes) => {
    const allowed = await write(writes.filter((one) => isListed(listed, one)))
    let place = 0
    return writes.map((one) => {
      if (!isListed(listed, one)) return { ok: false, failure: refusalOf(system, listed, one) }
      place += 1
      const outcome = allowed[place - 1]
      return outcome ?? { ok: false, failure: untold(system, one) }
    })
  }
}

/** Fewer outcomes than writes must not make a record vanish: it is looked for. */
const untold = (system: string, { do: action, object }: Write): Failure => ({
  problem: { kind: 'bad_reply' },
  message: `${system} did not say what became of a ${action} of ${object}`,
  fix: 'It is looked up and tried again by itself.',
})

function isListed(listed: Connection['writes'], write: Write): boolean {
  const object = Object.hasOwn(listed, write.object) ? listed[write.object] : undefined
  if (object === undefined) return false
  return write.do === 'create' ? object.create : object.acts.includes(write.do)
}

function refusalOf(system: string, listed: Connection['writes'], { do: action, object }: Write): Failure {
  const named = Object.entries(listed).map(
    ([name, { create, acts }]) => `${name} (${[...(create ? ['create'] : []), ...acts].join(', ')})`,
  )
  return {
    problem: { kind: 'configuration_invalid', path: object },
    message: `${system} takes no "${action}" of ${object} from Crosswalk`,
    fix: `Correct the \`to:\` of the mapping. What can be written: ${named.join('; ')}.`,
  }
}
