/** The code of a system's or PostgreSQL's error: `ENOENT`, `3D000`. Null for anything else that was thrown. */
export const codeOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : null

/** For a step that may find its work done or forbidden; every other error passes. */
export const ignoring =
  (...codes: readonly string[]) =>
  (error: unknown): void => {
    if (!codes.includes(codeOf(error) ?? '')) throw error
  }
