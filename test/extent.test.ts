import { expect, test } from '@jest/globals'
import { simulatedCrms, simulatedErps } from '../connectors/simulators.ts'
import { allPairs, coveringPairs, faultPairs, half } from './extent.ts'

test.each([
  [['a', 'b'], ['x', 'y'], 'a-x b-y'],
  [['a', 'b'], ['v', 'w', 'x', 'y', 'z'], 'a-v b-w a-x b-y a-z'],
  [['a', 'b', 'c'], ['x'], 'a-x b-x c-x'],
])('as few pairs as can be bring %j and %j into one each', (crms, erps, expected) => {
  const pairs = coveringPairs(crms, erps).map(({ crm, erp }) => `${crm}-${erp}`)
  expect(pairs.join(' ')).toBe(expected)
})

test('every connector meets every fault, and the main job is done by every pair', () => {
  expect(allPairs).toHaveLength(Object.keys(simulatedCrms).length * Object.keys(simulatedErps).length)
  expect(new Set([...half(allPairs, 'first'), ...half(allPairs, 'second')])).toEqual(new Set(allPairs))
  const struck = new Set(faultPairs.flatMap(({ crm, erp }) => [crm, erp]))
  const systems = [...Object.keys(simulatedCrms), ...Object.keys(simulatedErps)]
  expect(systems.filter((system) => !struck.has(system) && system !== 'example')).toEqual([])
})
