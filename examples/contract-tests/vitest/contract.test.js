import { describeContract } from 'opik-runner-kit/vitest'
import { afterAll } from 'vitest'
import { startTarget } from '../target.js'

const { url, close } = await startTarget()
afterAll(close)

// One test per check, a block per area; `-t` and `.only` choose among them. Without `areas`: all.
describeContract({ url }, { areas: ['system', 'runner', 'job'] })
