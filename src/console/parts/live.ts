import { useEffect } from 'react'
import type { Topic } from '../../api/contract.ts'
import { client, sessionKey } from './query.ts'

/** By topic, the first words of the queries that show something of it. */
const shows: Readonly<Record<Topic, readonly string[]>> = {
  deals: ['deals', 'deal', 'timeline', 'home', 'sync'],
  problems: ['problems', 'problem', 'deal', 'home', 'sync', 'alerts'],
  runs: ['runs', 'home', 'sync'],
  status: ['home', 'syncs', 'status', 'sync', 'alerts', 'certificates'],
  project: ['project-files', 'revisions', 'home', 'syncs', 'status', 'sync', 'connection'],
  audit: ['audit'],
  accounts: ['accounts', 'tokens', 'assignees'],
}
const everything = Object.keys(shows) as readonly Topic[]

/** While much changes, a page is asked for no more often. */
const pauseMs = 2_000
/** The browser itself tries again when a stream breaks off, and not when it was refused. */
const refusedMs = 30_000

let isLive = false

/** Of what changes: asked for when the stream of events says so, and besides now and then, or often while there is no stream. */
export const kept = { refetchInterval: () => (isLive ? 60_000 : 10_000) } as const

/** Follows what changes as long as the page is in sight: a browser has few connections to a server for all of its pages. */
export function useLive(): void {
  useEffect(() => {
    let stream: (() => void) | null = null
    const look = () => {
      const isInSight = document.visibilityState === 'visible'
      if (isInSight) stream ??= followChanges()
      else {
        stream?.()
        stream = null
      }
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      stream?.()
    }
  }, [])
}

/** @returns ends it */
function followChanges(): () => void {
  const pages = refreshing()
  let again: ReturnType<typeof setTimeout> | undefined
  let source = connect()

  function connect(): EventSource {
    const made = new EventSource('/api/v1/events')
    made.onopen = () => {
      isLive = true
      // What has changed since the page was loaded, or the last stream broke off.
      pages.refresh(everything)
    }
    made.onmessage = ({ data }: MessageEvent<string>) => pages.refresh(topicsIn(data))
    made.onerror = () => {
      if (isLive) pages.refresh(everything)
      isLive = false
      if (made.readyState !== EventSource.CLOSED) return
      void client.invalidateQueries({ queryKey: sessionKey })
      again = setTimeout(() => {
        source = connect()
      }, refusedMs)
    }
    return made
  }

  return () => {
    isLive = false
    clearTimeout(again)
    source.close()
    pages.stop()
  }
}

function topicsIn(text: string): readonly Topic[] {
  const { topics } = JSON.parse(text) as { readonly topics: readonly Topic[] }
  // A server of a release to come may know more of them.
  return topics.filter((topic) => Object.hasOwn(shows, topic))
}

/** Has pages asked for again that show some of these topics; the first at once, those that follow together after a pause. */
function refreshing() {
  const waiting = new Set<Topic>()
  let pause: ReturnType<typeof setTimeout> | undefined

  function flush(): void {
    pause = undefined
    if (waiting.size === 0) return
    const words = new Set([...waiting].flatMap((topic) => shows[topic]))
    waiting.clear()
    pause = setTimeout(flush, pauseMs)
    void client.invalidateQueries({ predicate: ({ queryKey }) => words.has(String(queryKey[0])) })
  }
  return {
    refresh(topics: readonly Topic[]): void {
      for (const topic of topics) waiting.add(topic)
      if (pause === undefined) flush()
    },
    stop(): void {
      clearTimeout(pause)
    },
  }
}
