/** What people call the two systems. */
export interface Titles {
  readonly crm: string
  readonly erp: string
}

/** Of the demo, whose server only this machine reaches, and which holds nothing but simulated data. */
export const demoPassword = 'crosswalk demo'

/** What is seen at once, before anything has started. @param console  its address, null where it ends by itself */
export const introduction = (titles: Titles, console: string | null): string =>
  (console === null ? '' : `Console: ${console}  (in a few seconds; name: admin, password: ${demoPassword})\n\n`) +
  `A simulated ${titles.crm} and a simulated ${titles.erp}, with Crosswalk between them, all on this machine.\n` +
  'About 30 deals are won; their orders are made, produced, shipped, invoiced and paid.\n' +
  (console === null ? '' : `\n${menu(titles)}`) +
  '\nStarting PostgreSQL, both systems and Crosswalk …\n'

export const menu = ({ erp }: Titles): string =>
  [
    'Play with it, in another terminal in this folder:',
    '  npx crosswalk demo win             a deal is won, and becomes an order',
    '  npx crosswalk demo amend           a won deal gets one more line',
    `  npx crosswalk demo break           ${erp} is down (\`demo break refuses\`: it refuses the login)`,
    `  npx crosswalk demo mend            ${erp} works again; after that, one problem after the other`,
    '  npx crosswalk demo watch           what happens, as it happens',
    '  npx crosswalk demo ask problems    any other command: status, deals, timeline deal <id>, …',
    'Ctrl-C here ends it and removes its files.',
    '',
  ].join('\n')
