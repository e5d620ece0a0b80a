// `main` and `test` are free; every other arrow is listed here.
const allowed = {
  'src/core': [],
  'src/ports': ['src/core'],
  'src/mapping': ['src/core'],
  'src/sync': ['src/core'],
  'src/app': ['src/core', 'src/ports', 'src/mapping', 'src/sync'],
  'src/http': ['src/core', 'src/ports'],
  'src/ledger': ['src/core', 'src/ports'],
  'src/queue': ['src/core', 'src/ports'],
  'src/log': ['src/core', 'src/ports', 'src/http/redact'],
  'src/simulator': ['src/core', 'src/ports'],
  'src/api': ['src/core', 'src/ports', 'src/app'],
  'src/cli': ['src/core', 'src/ports', 'src/app'],
}
// Values need arithmetic and schemas, so these two pure libraries are let into the core: docs/decisions/0002.
const pureLibraries = '^node_modules/(zod|decimal\\.js)/'
const forbid = (name, from, to) => ({ name, severity: 'error', from: { pathNot: '\\.test\\.tsx?$', ...from }, to })
export default {
  forbidden: [
    ...Object.entries(allowed).map(([from, to]) =>
      forbid(
        `layer ${from}`,
        { path: `^${from}/` },
        { path: '^(src|connectors)/', pathNot: [from, ...to].map((p) => `^${p}[/.]`) },
      ),
    ),
    forbid(
      'connector',
      { path: '^connectors/([^/]+)/' },
      { path: '^(src|connectors)/', pathNot: '^(src/(core|ports|http|simulator)|connectors/$1)/' },
    ),
    forbid(
      'pure',
      { path: '^src/(core|mapping|sync)/', pathNot: '^src/mapping/sandbox/' },
      { dependencyTypes: ['core'] },
    ),
    forbid('core alone', { path: '^src/core/' }, { dependencyTypes: ['npm'], pathNot: pureLibraries }),
    forbid('no cycles', {}, { circular: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
