/** So many milliseconds from now, by the clock of the database. @param parameter  of the statement: `$3` */
export const lasting = (parameter: string) => `statement_timestamp() + ${parameter}::bigint * interval '1 millisecond'`
