import type { Steps } from '../../src/ports/connector.ts'

/** Source: docs/odoo.md, sections 1 and 2. */
export const steps: Steps = {
  en: [
    'In Odoo create a user of its own, no administrator, with the groups Sales / User: All Documents and Contact Creation.',
    'For purchases and payments also Purchase / User and Invoicing / Billing. From Odoo 19 on add the read right on ir.model.data.',
    'Up to Odoo 18 the password works; better is an API key: user menu → Account Security → New API Key.',
    'From Odoo 19 on it must be an API key (My Preferences → Security), named crosswalk and the name of the connection.',
  ],
  zh: [
    '在 Odoo 中新建一个专用用户（非管理员），加入 Sales / User: All Documents 和 Contact Creation 组。',
    '如需显示采购和付款，再加入 Purchase / User 和 Invoicing / Billing 组。Odoo 19 起还需要 ir.model.data 的读取权限。',
    'Odoo 18 及以前可以使用密码；更好的做法是使用 API 密钥：用户菜单 → Account Security → New API Key。',
    'Odoo 19 起必须使用 API 密钥（My Preferences → Security），名称为 crosswalk 加上连接名称。',
  ],
}
