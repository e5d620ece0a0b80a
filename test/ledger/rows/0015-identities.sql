insert into crosswalk.accounts (name, display, role, password, disabled, created_at) values
  ('eve@acme.test', 'Eve', 'viewer', null, false, '2026-01-02');
insert into crosswalk.identities (issuer, subject, account) values ('https://login.acme.test', '4711', 'eve@acme.test');
