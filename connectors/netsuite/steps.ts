import type { Steps } from '../../src/ports/connector.ts'

/** Source: docs/netsuite.md, sections 1 to 4. */
export const steps: Steps = {
  en: [
    'Setup > Company > Enable Features: REST Web Services, OAuth 2.0, Server SuiteScript and SuiteAnalytics Workbook.',
    'Setup > Integration > Manage Integrations > New: the grant Client Credentials (Machine to Machine), the scope REST Web Services. It shows the client id once.',
    'Make a role with the permissions that the guide lists, and give it to a user of its own.',
    'Make a key and a certificate: openssl req -new -x509 -newkey rsa:3072 -nodes -sha256 -days 700 -subj "/CN=crosswalk" -keyout key.pem -out certificate.pem',
    'Setup > Integration > Manage Authentication > OAuth 2.0 Client Credentials (M2M) Setup > Create New: upload the certificate. It shows the certificate id.',
  ],
  zh: [
    'Setup > Company > Enable Features：启用 REST Web Services、OAuth 2.0、Server SuiteScript 和 SuiteAnalytics Workbook。',
    'Setup > Integration > Manage Integrations > New：授权方式选 Client Credentials (Machine to Machine)，范围选 REST Web Services。Client ID 只显示一次。',
    '按指南列出的权限新建角色，并分配给一个专用用户。',
    '生成密钥和证书：openssl req -new -x509 -newkey rsa:3072 -nodes -sha256 -days 700 -subj "/CN=crosswalk" -keyout key.pem -out certificate.pem',
    'Setup > Integration > Manage Authentication > OAuth 2.0 Client Credentials (M2M) Setup > Create New：上传证书，得到 Certificate ID。',
  ],
}
