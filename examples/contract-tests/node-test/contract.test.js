import { after } from 'node:test'
import { describeContract } from 'opik-runner-kit/node-test'
import { startTarget } from '../target.js'

const { url, close } = await startTarget()
after(close)

// One test per check, a block per area. Without `areas`: all.
describeContract({ url }, { areas: ['system', 'runner', 'job'] })
