// MSW as a server, by its own middleware: a handler for each operation of the spec, each answering a fixed object.
import { createServer } from '@mswjs/http-middleware'
import { http, HttpResponse } from 'msw'
import { readFileSync } from 'node:fs'

const [port, file, specFile] = process.argv.slice(2)
const answers = new Map(
  JSON.parse(readFileSync(file, 'utf8')).map(({ method, url, answer }) => [`${method} ${url.split('?')[0]}`, answer]),
)
const { paths } = JSON.parse(readFileSync(specFile, 'utf8'))
const verbs = ['get', 'post', 'put', 'patch', 'delete']
const handlers = Object.entries(paths).flatMap(([template, item]) =>
  verbs
    .filter((verb) => item[verb] !== undefined)
    .map((verb) =>
      http[verb](template.replaceAll(/\{(\w+)\}/g, ':$1'), async ({ request }) => {
        if (verb === 'post') await request.text()
        const answer = answers.get(`${request.method} ${new URL(request.url).pathname}`)
        if (answer === undefined) return new HttpResponse(null, { status: 404 })
        const { status, headers, body } = answer
        return new HttpResponse(body === '' ? null : body, { status, headers })
      }),
    ),
)
createServer(...handlers).listen(Number(port), '127.0.0.1')
