// Hono on Node, answering the same bytes: what a fast framework leaves of the limit.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { readFileSync } from 'node:fs'

const [port, file] = process.argv.slice(2)
const app = new Hono()
for (const { method, url, answer } of JSON.parse(readFileSync(file, 'utf8'))) {
  const [path] = url.split('?')
  app.on(method, path, async (context) => {
    if (method === 'POST') await context.req.text()
    return context.body(answer.body === '' ? null : answer.body, answer.status, answer.headers)
  })
}
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' })
