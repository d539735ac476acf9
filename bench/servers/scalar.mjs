// Scalar's mock server for the spec. It has no command of its own in this version.
import { serve } from '@hono/node-server'
import { createMockServer } from '@scalar/mock-server'
import { readFileSync } from 'node:fs'

const [port, specFile] = process.argv.slice(2)
const app = await createMockServer({ document: JSON.parse(readFileSync(specFile, 'utf8')) })
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' })
