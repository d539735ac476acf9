import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after } from 'node:test'
import { describeContract } from 'opik-runner-kit/node-test'

const project = '0190b8d6-c000-7002-95f4-0016f094287a'
const options = ['server.py', '--port', '0', '--project', project]
const server = spawn('python3', options, { stdio: ['ignore', 'pipe', 'inherit'] })
after(() => server.kill())
const [line] = await once(server.stdout, 'data')
const [url] = /http\S+/.exec(line)

describeContract({ url, project }, { suites: ['core'] })
