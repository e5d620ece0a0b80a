// `main` and `test` are free; every other arrow is listed here.
const app = (room) => `src/app/${room}`
const inner = ['src/core', 'src/ports', 'src/mapping', 'src/plan']
const allowed = {
  'src/core': [],
  'src/ports': ['src/core'],
  'src/mapping': ['src/core'],
  'src/plan': ['src/core'],
  // The rooms of the engine, innermost first: none imports one that comes after it.
  [app('bench')]: inner,
  [app('bring')]: [...inner, app('bench')],
  [app('flows')]: [...inner, app('bench'), app('bring')],
  [app('project')]: [...inner, app('bench'), app('flows')],
  [app('engine')]: [...inner, app('bench'), app('flows'), app('project')],
  [app('problems')]: ['src/core', 'src/ports'],
  [app('alerts')]: [...inner, app('bench'), app('flows'), app('project'), app('problems')],
  [app('accounts')]: ['src/core', 'src/ports'],
  'src/app': inner,
  'src/http': ['src/core', 'src/ports'],
  'src/ledger': ['src/core', 'src/ports'],
  'src/queue': ['src/core', 'src/ports'],
  'src/oidc': ['src/core', 'src/ports'],
  'src/alerts': ['src/core', 'src/ports', 'src/http/redact'],
  'src/log': ['src/core', 'src/ports', 'src/http/redact'],
  'src/simulator': ['src/core', 'src/ports'],
  'src/api': ['src/core', 'src/ports', 'src/app'],
  'src/cli': ['src/core', 'src/ports', 'src/app'],
  // In a browser: what it knows of the rest is the contract.
  'src/console': ['src/api/contract'],
}
// The rooms of a mapping's life. What compiles puts building blocks of `run` together and is over when a mapping runs: the
// other rooms know of it no more than its types, which they may name freely.
const mapping = (room) => `src/mapping/${room}`
const mappingRooms = {
  [mapping('run')]: [],
  [mapping('transforms')]: [mapping('run')],
  [mapping('sandbox')]: [mapping('run')],
  [mapping('compile')]: [mapping('run'), mapping('transforms')],
  [mapping('testing')]: [mapping('run'), mapping('compile')],
}
// Values need arithmetic and schemas, so these two pure libraries are let into the core: docs/decisions/0002.
const pureLibraries = '^node_modules/(zod|decimal\\.js)/'
const forbid = (name, from, to) => ({ name, severity: 'error', from: { pathNot: '\\.test\\.tsx?$', ...from }, to })
const ours = '^(src|connectors)/'
export default {
  forbidden: [
    ...Object.entries(allowed).map(([from, to]) =>
      forbid(`layer ${from}`, { path: `^${from}/` }, { path: ours, pathNot: [from, ...to].map((p) => `^${p}[/.]`) }),
    ),
    ...Object.entries(mappingRooms).map(([from, to]) =>
      forbid(
        `room ${from}`,
        { path: `^${from}/` },
        { path: '^src/mapping/', pathNot: [from, ...to].map((p) => `^${p}/`), dependencyTypesNot: ['type-only'] },
      ),
    ),
    // What makes a flow knows no other flow; what they share lies beside them.
    forbid(
      'flow',
      { path: '^src/app/flows/([^/]+)/' },
      { path: '^src/app/flows/[^/]+/', pathNot: '^src/app/flows/$1/' },
    ),
    // A connector is one folder. What connectors share is in the kit.
    forbid(
      'connector',
      { path: '^connectors/([^/]+)/' },
      { path: ours, pathNot: '^(src/(core|ports|http|simulator)|connectors/(kit|$1))/' },
    ),
    forbid(
      'kit knows no system',
      { path: '^connectors/kit/' },
      { path: ours, pathNot: '^(src/(core|ports|http)|connectors/kit)/' },
    ),
    // A simulator is a witness: it must not share the product's mistakes, and the product must not lean on it.
    forbid(
      'product without simulator',
      { path: '^connectors/[^/]+/(?!simulator/)' },
      { path: '^(connectors/[^/]+/simulator|src/simulator)/' },
    ),
    forbid(
      'simulator without product',
      { path: '^connectors/([^/]+)/simulator/' },
      { path: ours, pathNot: '^(src/(core|simulator)|connectors/$1/simulator)/' },
    ),
    forbid(
      'pure',
      { path: '^src/(core|mapping|plan)/', pathNot: '^src/mapping/sandbox/' },
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
