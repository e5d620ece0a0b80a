import type { Evaluator } from '../../mapping/run/run.ts'
import { runMappingTests } from '../../mapping/testing/test-file.ts'
import type { Linted, Project } from './project.ts'

export interface MappingTest {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly ok: boolean
  readonly message: string | null
}

/** Runs the tests beside mappings. One that does not compile has none. */
export async function runTests(
  mappings: readonly Linted[],
  project: Pick<Project, 'testFile'>,
  evaluator: Evaluator,
): Promise<readonly MappingTest[]> {
  const results: MappingTest[] = []
  for (const { file, mapping } of mappings) {
    const tests = await project.testFile(file.file)
    if (mapping === null || tests === null) continue
    for (const result of await runMappingTests(mapping, tests, evaluator)) results.push({ file: tests.file, ...result })
  }
  return results
}
