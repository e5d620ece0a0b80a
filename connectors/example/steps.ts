import type { Steps } from '../../src/ports/connector.ts'

export const steps: Steps = {
  en: ['Make a key in the settings of the example.'],
  zh: ['在示例系统的设置中创建密钥。'],
}
