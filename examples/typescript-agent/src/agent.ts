// An agent as Opik documents it: in runner mode the SDK offers it to the web page.
import { track } from 'opik'

const lookUpTitle = track({ name: 'look-up-title', type: 'tool' }, async (name: string) =>
  name === 'Ada' ? 'Countess' : 'Citizen',
)

track(
  { name: 'greet', entrypoint: true, params: [{ name: 'name', type: 'string', presence: 'required' }] },
  async (name: string) => {
    console.log(`greeting ${name}`)
    return { greeting: `Hello, ${await lookUpTitle(name)} ${name}` }
  },
)

// It lives until its standard input is closed, as a web application lives until its server is.
process.stdin.resume()
