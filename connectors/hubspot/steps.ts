import type { Steps } from '../../src/ports/connector.ts'

/** Source: docs/hubspot.md, sections 1 and 2. */
export const steps: Steps = {
  en: [
    'In HubSpot open Development → Keys → Service keys and create a key. The token of an existing private app works as well.',
    'Give it crm.objects.deals.read and .write, and .read of line_items, companies, contacts and owners.',
    'For the fields that show an order on its deal also crm.schemas.deals.read and crm.schemas.deals.write.',
    'Copy the key: it is the access token. The Hub ID is in the account menu at the top right.',
  ],
  zh: [
    '在 HubSpot 中打开 Development → Keys → Service keys，创建一个密钥。已有的 private app 的令牌也可以使用。',
    '授予 crm.objects.deals.read 和 .write，以及 line_items、companies、contacts、owners 的 .read 权限。',
    '要在商机上显示订单的字段，还需要 crm.schemas.deals.read 和 crm.schemas.deals.write。',
    '复制密钥，它就是 accessToken。Hub ID 在右上角的账户菜单中。',
  ],
}
