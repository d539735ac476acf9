import express from 'express'
import { describeContract } from 'opik-runner-kit/node-test'

const app = express()
app.get('/api/is-alive/ping', (request, response) => {
  response.json({ message: 'Healthy Server', healthy: true })
})

// It needs no port. `url` is the base path of the API.
describeContract({ app, url: '/api' }, { only: ['system/is-alive'] })
