import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, describe } from 'node:test'
import { describeContract } from 'opik-runner-kit/node-test'

const project = '0190b8d6-c000-7002-95f4-0016f094287a'

for (const [command, file] of [
  ['python3', 'server.py'],
  ['node', 'server.js'],
]) {
  const options = [file, '--port', '0', '--project', project]
  const server = spawn(command, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  after(() => server.kill())
  const [line] = await once(server.stdout, 'data')
  const [url] = /http\S+/.exec(line)

  describe(file, () => describeContract({ url, project }, { suites: ['core'] }))
}
