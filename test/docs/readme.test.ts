// What the README says about the demo, speed and sizes; its snippets are tried by documents.test.ts and test/matrix.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createRunnerMock } from '../../src/index.js'
import { root } from './blocks.js'

it('README.md names the project id that every mock has', async () => {
  const mock = createRunnerMock()
  const [, id = ''] = /PROJECT=(\S+)/.exec(readFileSync(`${root}README.md`, 'utf8')) ?? []
  expect((await mock.handle({ method: 'GET', url: `/v1/private/projects/${id}` })).status).toBe(200)
  await mock.close()
})

it('README.md has the figures of docs/performance.md', () => {
  const performance = readFileSync(`${root}docs/performance.md`, 'utf8')
  const [, ofNode, ofPrism] =
    /getRunner (\d\.\d+)x of bare node:http and (\d+(?:\.\d+)?)x of Prism/.exec(performance) ?? []
  const readme = readFileSync(`${root}README.md`, 'utf8').replaceAll('\n', ' ')
  expect(readme).toContain(`${ofNode} of the rate of a bare \`node:http\` server`)
  expect(readme).toContain(`${ofPrism} times as often as Prism`)
})

it('README.md compares the start and the memory of docs/performance.md', () => {
  const performance = readFileSync(`${root}docs/performance.md`, 'utf8')
  const lastCells = (server: RegExp): string[] =>
    performance
      .split('\n')
      .filter((line) => server.test(line))
      .map((line) => line.split('|').at(-2)?.trim() ?? '')
  const rowOf = (name: string): string[] =>
    (new RegExp(`^\\| ${name} .*$`, 'm').exec(readFileSync(`${root}README.md`, 'utf8'))?.[0] ?? '')
      .split('|')
      .slice(2, 5)
      .map((cell) => cell.trim())
  const servers = [/^\| opik-runner-kit/, /^\| prism, (errors only|newest)/, /^\| msw/].map(lastCells)
  const least = (figures: readonly string[]): number =>
    Math.min(...figures.map((figure) => Number.parseInt(figure, 10)))
  const memory = servers.map((figures) => figures.filter((figure) => figure.endsWith('MB')))
  const start = servers.map((figures) => figures.filter((figure) => /^\d+$/.test(figure)))
  expect(rowOf('memory under load')).toEqual(memory.map((figures) => `${least(figures)} MB`))
  expect(rowOf('first answer')).toEqual(start.map((figures) => `${least(figures)} ms`))
})

it('README.md has the budgets that CI holds', () => {
  const script = readFileSync(`${root}scripts/bundle-budget.mjs`, 'utf8')
  const budgets = [...script.matchAll(/limitKb: (\d+)/g)].map(([, kilobytes]) => kilobytes)
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const told = [...readme.matchAll(/under (\d+) kB/g)].map(([, kilobytes]) => kilobytes)
  expect(told).toHaveLength(2)
  expect(budgets).toEqual(expect.arrayContaining(told))
})
