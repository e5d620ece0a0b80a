import base from './jest.config.js'

// Against a real Odoo: ODOO_URL, ODOO_DB, ODOO_USERNAME, ODOO_PASSWORD say where it is.
export default {
  ...base,
  testMatch: ['<rootDir>/test/odoo/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
}
