import fastify from 'fastify'
import { describeContract } from 'opik-runner-kit/node-test'

const app = fastify()
app.get('/api/is-alive/ping', () => ({ message: 'Healthy Server', healthy: true }))

// It is asked once it is ready.
describeContract({ app, url: '/api' }, { only: ['system/is-alive'] })
