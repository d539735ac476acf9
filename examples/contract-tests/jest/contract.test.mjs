import { describeContract } from 'opik-runner-kit/jest'
import { startTarget } from '../target.js'

const { url, close } = await startTarget()
afterAll(close)

// The checks run here, and one test for each tells what came of it. Without `areas`: all.
await describeContract({ url }, { areas: ['system', 'runner', 'job'] })
