export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/connectors', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/odoo/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testSequencer: '<rootDir>/test/longest-first.js',
  maxWorkers: 2,
  // Modules of finished test files stay in memory.
  workerIdleMemoryLimit: '1GB',
  // Of each test and each hook. Nothing here needs a fifth of it on an idle machine; a busy one takes its time.
  testTimeout: 360_000,
}
