// Settings files with numbers that are none, and with what only some profiles know.
import { expect, it } from 'vitest'
import { readSettings } from '../../src/cli/files/settings-file.js'
import { temporaryFolder } from '../temporary-folder.js'

const folder = temporaryFolder()
const { write } = folder

it.each([
  ['big.yaml', 'job_timeout_seconds: 1e400'],
  ['big.json', '{ "job_timeout_seconds": 1e400 }'],
  ['infinite.yaml', 'job_timeout_seconds: .inf'],
  ['none.yaml', 'job_timeout_seconds: .nan'],
  ['text.yaml', 'runners_enabled: "yes"'],
])('refuses %s and names the setting', async (name, text) => {
  const [setting = ''] = /\w+_\w+/.exec(text) ?? []
  await expect(readSettings(write(name, text))).rejects.toThrow(setting)
})

it('takes what only some profiles know', async () => {
  const text = 'runners_enabled: true\nheartbeat_ttl_seconds: 5\n'
  expect(await readSettings(write('profile.yaml', text))).toEqual({ runners_enabled: true, heartbeat_ttl_seconds: 5 })
})
