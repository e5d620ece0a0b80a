import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, RouterProvider } from '@tanstack/react-router'
import type { DealSort, LinkState, ProblemKind, SortOrder } from './api.ts'
import { en } from './i18n/en.ts'
import { NotFound, Stumbled } from './pages/lost.tsx'
import { Setup } from './pages/setup.tsx'
import { Gate } from './parts/gate.tsx'
import { given } from './parts/given.ts'
import { Notices } from './parts/notices.tsx'
import { client } from './parts/query.ts'
import { theme } from './theme.ts'

const textOf = (value: unknown): string | undefined => {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 200) : ''
  return text === '' ? undefined : text
}
const oneOf =
  <T extends string>(known: Readonly<Record<T, unknown>>) =>
  (value: unknown): T | undefined =>
    typeof value === 'string' && Object.hasOwn(known, value) ? (value as T) : undefined
const stateOf = oneOf<LinkState>(en.states)
const kindOf = oneOf<ProblemKind>(en.kinds)
const lineOf = (value: unknown): number | undefined => {
  const line = Number(value)
  return Number.isInteger(line) && line > 0 ? line : undefined
}
const openOf = oneOf({ true: '', false: '' })
const showOf = oneOf({ muted: '', closed: '' })
const mineOf = oneOf({ true: '' })
const sortOf = oneOf<DealSort>({ created: '', updated: '', deal: '', order: '', amount: '', stage: '' })
const orderOf = oneOf<SortOrder>({ asc: '', desc: '' })

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound, errorComponent: Stumbled })
const getParentRoute = () => root

// Made outside of the tree, or the compiler loses what each of them takes.
const home = createRoute({
  getParentRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home.tsx'), 'Home'),
})
const setup = createRoute({ getParentRoute, path: '/setup', component: Setup })
const share = createRoute({
  getParentRoute,
  path: '/share',
  component: lazyRouteComponent(() => import('./pages/share.tsx'), 'SharedOrder'),
})
const problems = createRoute({
  getParentRoute,
  path: '/problems',
  validateSearch: (search: Record<string, unknown>) =>
    given({
      sync: textOf(search.sync),
      kind: kindOf(search.kind),
      show: showOf(search.show),
      mine: mineOf(search.mine),
    }),
  component: lazyRouteComponent(() => import('./pages/problems.tsx'), 'Problems'),
})
const oneProblem = createRoute({
  getParentRoute,
  path: '/problems/$id',
  component: lazyRouteComponent(() => import('./pages/problem.tsx'), 'OneProblem'),
})
const orders = createRoute({
  getParentRoute,
  path: '/orders',
  validateSearch: (search: Record<string, unknown>) =>
    given({
      text: textOf(search.text),
      open: openOf(search.open),
      state: stateOf(search.state),
      stage: textOf(search.stage),
      sort: sortOf(search.sort),
      order: orderOf(search.order),
    }),
  component: lazyRouteComponent(() => import('./pages/orders.tsx'), 'Orders'),
})
const oneOrder = createRoute({
  getParentRoute,
  path: '/orders/$id',
  validateSearch: (search: Record<string, unknown>) => given({ connection: textOf(search.connection) }),
  component: lazyRouteComponent(() => import('./pages/order.tsx'), 'OneOrder'),
})
const syncs = createRoute({
  getParentRoute,
  path: '/syncs',
  component: lazyRouteComponent(() => import('./pages/syncs.tsx'), 'AllSyncs'),
})
const oneSync = createRoute({
  getParentRoute,
  path: '/syncs/$name',
  component: lazyRouteComponent(() => import('./pages/sync.tsx'), 'OneSync'),
})
const planned = createRoute({
  getParentRoute,
  path: '/syncs/$name/$id',
  component: lazyRouteComponent(() => import('./pages/planned.tsx'), 'Planned'),
})
const alerts = createRoute({
  getParentRoute,
  path: '/alerts',
  component: lazyRouteComponent(() => import('./pages/alerts.tsx'), 'Alerts'),
})
const activity = createRoute({
  getParentRoute,
  path: '/activity',
  validateSearch: (search: Record<string, unknown>) => given({ sync: textOf(search.sync) }),
  component: lazyRouteComponent(() => import('./pages/activity.tsx'), 'Activity'),
})
const mappings = createRoute({
  getParentRoute,
  path: '/mappings',
  validateSearch: (search: Record<string, unknown>) => given({ file: textOf(search.file), line: lineOf(search.line) }),
  component: lazyRouteComponent(() => import('./pages/mappings.tsx'), 'Mappings'),
})
const versions = createRoute({
  getParentRoute,
  path: '/mappings/versions',
  component: lazyRouteComponent(() => import('./pages/versions.tsx'), 'Versions'),
})
const oneVersion = createRoute({
  getParentRoute,
  path: '/mappings/versions/$number',
  component: lazyRouteComponent(() => import('./pages/version.tsx'), 'OneVersion'),
})
const connections = createRoute({
  getParentRoute,
  path: '/connections',
  component: lazyRouteComponent(() => import('./pages/connections.tsx'), 'Connections'),
})
const connect = createRoute({
  getParentRoute,
  path: '/connections/new',
  component: lazyRouteComponent(() => import('./pages/connect.tsx'), 'Connect'),
})
const oneConnection = createRoute({
  getParentRoute,
  path: '/connections/$name',
  component: lazyRouteComponent(() => import('./pages/connection.tsx'), 'OneConnection'),
})
const api = createRoute({
  getParentRoute,
  path: '/api-reference',
  component: lazyRouteComponent(() => import('./pages/api-reference.tsx'), 'ApiReference'),
})
const users = createRoute({
  getParentRoute,
  path: '/users',
  component: lazyRouteComponent(() => import('./pages/users.tsx'), 'Users'),
})
const audit = createRoute({
  getParentRoute,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>) => given({ text: textOf(search.text) }),
  component: lazyRouteComponent(() => import('./pages/audit.tsx'), 'Audit'),
})
const tree = root.addChildren([
  home,
  setup,
  share,
  problems,
  oneProblem,
  orders,
  oneOrder,
  syncs,
  oneSync,
  planned,
  activity,
  alerts,
  mappings,
  versions,
  oneVersion,
  connections,
  connect,
  oneConnection,
  api,
  users,
  audit,
])

// Searches are plain text: the router would make a number of `?text=4711`, and write text in quotation marks.
const router = createRouter({
  routeTree: tree,
  scrollRestoration: true,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch(search) {
    const filled = Object.entries(search).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
    return filled.length === 0 ? '' : `?${new URLSearchParams(filled)}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <Notices>
          <RouterProvider router={router} />
        </Notices>
      </QueryClientProvider>
    </MantineProvider>
  )
}
