/**
 * A test that is a program: a field that searches while its user types. The API is at OPIK_URL_OVERRIDE, and an exit code
 * other than 0 says that it has failed. `opik-runner-kit explore -- node search-field.js [mended]`
 */
import assert from 'node:assert/strict'

const url = `${process.env.OPIK_URL_OVERRIDE}/v1/private`
const isMended = process.argv.includes('mended')
const headers = { 'content-type': 'application/json' }

const call = async (method, path, body) => {
  const response = await fetch(`${url}/${path}`, { method, headers, body: body && JSON.stringify(body) })
  return response.json()
}

const shown = { names: [], asked: 0 }

/** Shows the projects whose names hold a text. */
async function search(text) {
  const number = ++shown.asked
  const { content } = await call('GET', `projects?name=${text}`)
  // Planted: the answer for a text that was typed before may come after that for the whole one.
  if (isMended && number !== shown.asked) return
  shown.names = content.map(({ name }) => name)
}

for (const name of ['alpha', 'beta'])
  await fetch(`${url}/projects`, { method: 'POST', headers, body: JSON.stringify({ name }) })
await Promise.all([search('a'), search('al')])
assert.deepEqual(shown.names, ['alpha'])
