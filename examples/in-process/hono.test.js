import { Hono } from 'hono'
import { describeContract } from 'opik-runner-kit/node-test'

const app = new Hono()
app.get('/api/is-alive/ping', (context) => context.json({ message: 'Healthy Server', healthy: true }))

// Its `fetch` is called. The same holds for whatever else has a `fetch`.
describeContract({ app, url: '/api' }, { only: ['system/is-alive'] })
