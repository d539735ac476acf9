const headers = { 'content-type': 'application/json' }

/** Calls of Opik's local-runner API through a `fetch` that is handed in. */
export function createApi(fetch) {
  const call = async (method, path, body) => {
    const url = `http://opik.test/api/v1/private/${path}`
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body = {}) => call('POST', path, body),
    delete: (path) => call('DELETE', path),
  }
}
