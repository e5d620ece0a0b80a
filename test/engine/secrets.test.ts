import { expect, test } from '@jest/globals'
import { openRig } from '../rig.ts'

test('what comes from the environment is hidden where it is a secret, and told where it is none', async () => {
  const rig = await openRig({
    environment: { BOT: 'crosswalk-bot', BOT_PASSWORD: 'not-the-right-one' },
    erp: { username: '${BOT}', password: '${BOT_PASSWORD}' },
  })
  const project = await rig.open()
  try {
    const [check] = await project.crosswalk.check(['odoo'])
    expect(check?.failure?.message).toContain('crosswalk-bot')
    project.deps.log.error('shown', { user: 'crosswalk-bot', why: 'the password was not-the-right-one' })
    expect(rig.log.at(-1)).toContain('"user":"crosswalk-bot"')
    expect(rig.log.join('')).not.toContain('not-the-right-one')
  } finally {
    await project.close()
    await rig.close()
  }
}, 60_000)
