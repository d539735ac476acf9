// Cases of the end of a mock, and of its return to the beginning: whoever waits is answered.
import { describe, expect, it } from 'vitest'
import { pair, submit, type Paired } from '../given.js'
import type { Stage, World } from '../harness.js'

export function closingCases({ open }: Stage): void {
  describe('whoever waits', () => {
    const ends: [string, (world: World) => unknown][] = [
      ['is closed', ({ close }) => close()],
      ['is reset', ({ mock }) => mock.reset()],
      ['returns to a snapshot', ({ mock }) => mock.restore(mock.snapshot())],
    ]

    it.each(ends)('is answered with what there is when the mock %s', async (_how, end) => {
      const world = await open()
      const runner = await pair(world.api, { type: 'connect' })
      const answers = await waitForEverything(world, runner)
      await end(world)
      const [job, batch, command] = await Promise.all(answers)
      expect(job).toBeNull()
      expect(batch).toEqual({ commands: [] })
      expect(command).toMatchObject({ status: 'picked_up' })
    })
  })

  describe('a mock', () => {
    it('begins anew after a reset: same calls, same answers', async () => {
      const { api, mock, clock } = await open()
      const play = async (): Promise<unknown[]> => {
        const runner = await pair(api, { type: 'connect' })
        await clock.advance({ seconds: 3 })
        const commandId = await submit(api, runner)
        const path = { runnerId: runner.id, commandId }
        return [runner, (await api.expect(200, 'getBridgeCommand', { path })).body]
      }
      const first = await play()
      await mock.reset()
      expect(await play()).toEqual(first)
    })
  })
}

async function waitForEverything({ api, waiting }: World, runner: Paired): Promise<Promise<unknown>[]> {
  const path = { runnerId: runner.id, commandId: await submit(api, runner) }
  await api.expect(200, 'nextBridgeCommands', { path })
  const job = api.expect(200, 'nextJob', { path }).then(({ body }) => body)
  await waiting('nextJob')
  const batch = api.expect(200, 'nextBridgeCommands', { path }).then(({ body }) => body)
  await waiting('nextBridgeCommands')
  const command = api.expect(200, 'getBridgeCommand', { path, query: { wait: true } }).then(({ body }) => body)
  await waiting('getBridgeCommand')
  return [job, batch, command]
}
