// The command on a program with a planted bug: what it finds, writes and repeats, and what it refuses.
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { addExploreCommand } from '../../src/cli/run-explore.js'
import { refusalOf } from '../cli/refusal.js'
import { startProgram } from '../sdk/program.js'
import { temporaryFolder } from '../temporary-folder.js'

const folder = temporaryFolder()
const FIELD = 'examples/explore/search-field.js'

async function explore(...args: string[]): Promise<number | null> {
  return startProgram('dist/cli/main.js', ['explore', '--quiet', '20', ...args]).closeInput()
}

describe('explore', () => {
  it('finds the order that fails, keeps it, draws it, and repeats it', async () => {
    const reports = ['--reporter', 'json,html', '--out', folder.at()]
    expect(await explore(...reports, '--', process.execPath, FIELD, 'broken', '--api-key', 'the-key')).toBe(1)
    const { failure, departures, orders } = JSON.parse(readFileSync(folder.at('explore.json'), 'utf8')) as {
      failure: { kind: string }
      departures: unknown[]
      orders: number
    }
    expect(failure.kind).toBe('test')
    expect(departures).toHaveLength(1)
    expect(orders).toBeLessThanOrEqual(200)
    const page = readFileSync(folder.at('explore.html'), 'utf8')
    expect([page.includes('<svg'), page.includes('the-key')]).toEqual([true, false])
    expect(await explore('--replay', folder.at('explore-run.json'))).toBe(1)
  })

  it('exits 0 where no order fails, and 1 where the natural one does', async () => {
    expect(await explore('--orders', '3', '--', process.execPath, FIELD, 'mended')).toBe(0)
    expect(await explore('--', process.execPath, '-e', 'process.exit(3)')).toBe(1)
  })

  it('finds a command that never rests, and ends it', async () => {
    const spins = 'for (;;) await fetch(`${process.env.OPIK_URL_OVERRIDE}/v1/private/projects`)'
    const program = [process.execPath, '--input-type=module', '-e', spins]
    const reports = ['--reporter', 'json', '--out', folder.at('endless')]
    expect(await explore('--quiet', '1', '--seconds', '120', ...reports, '--', ...program)).toBe(1)
    const found = JSON.parse(readFileSync(folder.at('endless/explore.json'), 'utf8')) as { failure: { kind: string } }
    expect(found.failure.kind).toBe('endless')
  })

  it('exits 2 for a command that does not end, or cannot be started', async () => {
    expect(await explore('--seconds', '1', '--', process.execPath, '-e', 'setInterval(() => 0, 1000)')).toBe(2)
    expect(await explore('--', 'no-such-command')).toBe(2)
  })

  it('refuses what it cannot use', async () => {
    writeFileSync(folder.at('wrong.json'), '{"explore_run":2}')
    expect(await refusalOf(addExploreCommand, 'explore')).toContain('--')
    expect(await refusalOf(addExploreCommand, 'explore', '--orders', '0', '--', 'true')).toContain('--orders')
    expect(await refusalOf(addExploreCommand, 'explore', '--replay', folder.at('wrong.json'))).toContain('wrong.json')
    expect(await refusalOf(addExploreCommand, 'explore', '--scenario', 'nowhere', '--', 'true')).toContain('nowhere')
  })
})
