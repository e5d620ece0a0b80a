import { useQuery } from '@tanstack/react-query'
import { call, type ProjectFile } from '../api.ts'

export const projectFilesKey = ['project-files'] as const

export const useProjectFiles = () =>
  useQuery({
    queryKey: projectFilesKey,
    queryFn: ({ signal }) => call('listProjectFiles', {}, signal),
    // Somebody else may publish meanwhile.
    refetchInterval: 60_000,
  })

const testPathOf = (mapping: string): string => mapping.replace(/\.yaml$/, '.test.yaml')

/** A mapping with the tests beside it, or a table. */
export interface Place {
  readonly file: ProjectFile
  /** Null where there can be no tests; they need not be there yet. */
  readonly testPath: string | null
}

/** Tests have a place of their own only where their mapping is none of the files. */
export function placesOf(files: readonly ProjectFile[]): readonly Place[] {
  const places = files
    .filter(({ kind }) => kind !== 'test')
    .map((file) => ({ file, testPath: file.kind === 'mapping' ? testPathOf(file.path) : null }))
  const beside = new Set(places.map(({ testPath }) => testPath))
  const alone = files.filter(({ kind, path }) => kind === 'test' && !beside.has(path))
  return [...places, ...alone.map((file) => ({ file, testPath: null }))]
}

export const isAt = ({ file, testPath }: Place, path: string): boolean => file.path === path || testPath === path

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
