/**
 * What a system says, before anything is looked for in it: bounded, so that a page of megabytes costs nothing, and far longer than
 * what is shown, as secrets are removed before that is cut.
 */
export const saidMax = 10_000
