export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/connectors', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/odoo/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  maxWorkers: 2,
  testTimeout: 30_000,
}
