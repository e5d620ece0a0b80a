import { useDebouncedCallback } from '@mantine/hooks'
import { useRouter } from '@tanstack/react-router'

const restMs = 300

/** Searches once the typing rests. Who has gone on to a page that is still being loaded is not taken back. */
export function useFind(page: string, go: (words: string) => void): (words: string) => void {
  const router = useRouter()
  return useDebouncedCallback((words: string) => {
    if (router.latestLocation.pathname === page) go(words.trim())
  }, restMs)
}
