// The limit: node:http that answers the same bytes and does nothing for them but read the request to its end. With
// `parse` it parses JSON bodies too, as a server that keeps state must.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'

const [port, file, parse] = process.argv.slice(2)
const answers = new Map(
  JSON.parse(readFileSync(file, 'utf8')).map((request) => [`${request.method} /api${request.url}`, request.answer]),
)

createServer((request, response) => {
  const { status, headers, body } = answers.get(`${request.method} ${request.url}`) ?? {
    status: 404,
    headers: {},
    body: '',
  }
  const answer = () => response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
  if (request.method === 'GET') return answer()
  if (parse === undefined) return request.on('data', () => {}).on('end', answer)
  const chunks = []
  request
    .on('data', (chunk) => chunks.push(chunk))
    .on('end', () => {
      const text = Buffer.concat(chunks).toString()
      if (text === '' || typeof JSON.parse(text) === 'object') answer()
    })
}).listen(Number(port), '127.0.0.1')
