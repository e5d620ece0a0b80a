/** Ids as people paste them. */
export const idsOf = (text: string): string[] => text.split(/[\s,;]+/).filter((id) => id !== '')
