export type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> }

/** Drops names that are undefined: a filter names only what it filters by. */
export const given = <T extends object>(query: T): Given<T> =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Given<T>
