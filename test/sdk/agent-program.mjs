// A user's program as Opik documents it: two functions registered as entrypoints by the published SDK, nothing of the kit.
// It lives until its standard input is closed, as a web application lives until its server is.
import { setTimeout as sleep } from 'node:timers/promises'
import { track } from 'opik'

const lookUpTitle = track({ name: 'look-up-title', type: 'tool' }, async (name) => {
  await sleep(150)
  return { title: name === 'Ada' ? 'Countess' : 'Citizen' }
})

track(
  {
    name: 'greeter',
    entrypoint: true,
    params: [
      { name: 'name', type: 'string', presence: 'required' },
      { name: 'times', type: 'integer', presence: 'required' },
      { name: 'loud', type: 'boolean', presence: 'optional' },
    ],
  },
  async (name, times, loud = false) => {
    console.log(`greeting ${name}`)
    const { title } = await lookUpTitle(name)
    console.error(`${title} it is`)
    return { greeting: `Hello, ${title} ${name}`, times, loud }
  },
)

track({ name: 'breaker', entrypoint: true }, async (reason) => {
  console.log('about to break')
  throw new RangeError(`broken by ${reason}`)
})

process.stdin.resume()
