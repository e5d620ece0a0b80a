import type { Steps } from '../../src/ports/connector.ts'

/** Source: docs/salesforce.md, sections 1 and 2. */
export const steps: Steps = {
  en: [
    'Create a user with the licence Salesforce Integration and the profile Minimum Access - API Only Integrations.',
    'Give it a permission set: read Opportunity, Opportunity Product, Product, Account and Contact with View All, edit Opportunity.',
    'In Setup → External Client App Manager make an app with OAuth and the scope "Manage user data via APIs (api)".',
    'Enable the client credentials flow and name that user as the one it runs as; or the JWT bearer flow with a certificate.',
    'The consumer key is clientId, the consumer secret clientSecret. The address is My Domain: https://….my.salesforce.com.',
  ],
  zh: [
    '创建一个用户，许可证为 Salesforce Integration，简档为 Minimum Access - API Only Integrations。',
    '分配权限集：对 Opportunity、Opportunity Product、Product、Account、Contact 有 Read 和 View All 权限，对 Opportunity 有 Edit 权限。',
    '在 Setup → External Client App Manager 中新建应用，启用 OAuth，范围选择 "Manage user data via APIs (api)"。',
    '启用 client credentials flow，并指定上述用户为运行用户；或者使用带证书的 JWT bearer flow。',
    'Consumer Key 即 clientId，Consumer Secret 即 clientSecret。地址为 My Domain：https://….my.salesforce.com。',
  ],
}
