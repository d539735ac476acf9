// The agents of agents.py for the SDK in TypeScript. The program lives until its standard input is closed.
import { setTimeout as sleep } from 'node:timers/promises'
import { Opik, track } from 'opik'

const client = new Opik()

const lookUp = track({ name: 'look_up', type: 'tool' }, async (number) => number + 1)

track(
  {
    name: 'adder',
    entrypoint: true,
    params: [
      { name: 'a', type: 'integer', presence: 'required' },
      { name: 'b', type: 'integer', presence: 'optional' },
    ],
  },
  async (a, b = 1) => {
    console.log('adding Grüße')
    console.error('to stderr')
    return { sum: (await lookUp(Number(a))) + Number(b) }
  },
)

track(
  { name: 'slow', entrypoint: true, params: [{ name: 'seconds', type: 'integer', presence: 'required' }] },
  async (seconds) => {
    for (let step = 0; step < seconds * 4; step++) {
      console.log(`step ${step}`)
      await sleep(250)
    }
    return 'done'
  },
)

track({ name: 'tuned', entrypoint: true, params: [] }, async () => {
  const { model, temperature } = await client.getOrCreateConfig({
    fallback: { model: 'of the code', temperature: 0.5 },
  })
  return { model, temperature }
})

track({ name: 'prompted', entrypoint: true, params: [] }, async () => {
  const { prompt } = await client.getPrompt({ name: 'greeting' })
  return { prompt }
})

process.stdin.resume()
