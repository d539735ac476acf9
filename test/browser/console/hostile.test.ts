// Text from outside is text, wherever the console shows it; and nothing could run even if it were not.
import { describe, expect, it } from 'vitest'
import { openConsole, post } from './open-console.js'

const evil = `<img src=x onerror="window.hacked=1">`
const script = `</script><script>window.hacked=1</script>"'\`\${1}`

describe('hostile text', () => {
  it('in names, agents, inputs, logs, results, checklists and paths stays text', async () => {
    const { page, server } = await openConsole({
      prepare: async (mock, served) => {
        const agents = { [evil]: { name: evil, description: script, params: [{ name: evil, type: script }] } }
        const runner = await mock.given.connectedRunner({ name: evil, agents })
        const job = await mock.given.job({ runner, agent: evil, status: 'running', inputs: { [script]: evil } })
        const at = `/local-runners/jobs/${job.id}`
        await post(served, `/local-runners/${runner.id}/checklist`, { [evil]: script }, 'PATCH')
        await post(served, `${at}/logs`, [{ stream: evil, text: evil }])
        await post(served, `${at}/results`, { status: 'failed', error: evil, result: { [script]: evil } })
        await fetch(`${served.url}/v1/private/${encodeURIComponent(evil)}/<b>`)
      },
    })
    await page.getByRole('listbox', { name: 'Runners' }).getByText(evil).waitFor()
    await page.getByRole('listbox', { name: 'Jobs' }).getByRole('option').click()
    const job = page.getByRole('region', { name: 'Job', exact: true })
    await job.getByRole('heading', { name: evil }).waitFor()
    await job.getByText(evil).nth(1).waitFor()
    await job.getByRole('tab', { name: 'Logs' }).click()
    await job.getByRole('log').getByText(evil).last().waitFor()
    await page.getByRole('listbox', { name: 'Runners' }).getByRole('option').click()
    await page.getByRole('tab', { name: /Agents/ }).click()
    await page.getByText(script).first().waitFor()
    await page.getByRole('button', { name: 'New job' }).click()
    await page.getByRole('dialog').getByText(script).first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Requests' }).click()
    await page.getByRole('option', { name: /no operation/ }).click()
    await page.getByRole('note').waitFor()
    await page.getByRole('link', { name: 'Timeline' }).click()
    await page.getByRole('img', { name: /1 runner over time/ }).waitFor()
    await post(server, '/local-runners/jobs', { agent_name: evil })
    expect(await page.evaluate((): unknown => Reflect.get(window, 'hacked'))).toBeUndefined()
    expect(await page.locator('main img').count()).toBe(0)
  })

  it('could run no script and reach nobody, whatever got into the page', async () => {
    const { page, visitor } = await openConsole()
    visitor.expectProblem(/Content Security Policy/)
    visitor.tolerateProblem(/request:|csp|127\.0\.0\.1:1/)
    const outcome = await page.evaluate(async () => {
      document.body.insertAdjacentHTML(
        'beforeend',
        '<img src="x:" onerror="window.hacked=1"><p id="p" onclick="window.hacked=2">',
      )
      document.getElementById('p')?.click()
      const inline = document.createElement('script')
      inline.textContent = 'window.hacked=3'
      document.body.append(inline)
      const elsewhere = await fetch('http://127.0.0.1:1/').then(
        () => 'reached',
        () => 'stopped',
      )
      const hacked: unknown = Reflect.get(window, 'hacked')
      return { hacked, elsewhere }
    })
    expect(outcome).toEqual({ hacked: undefined, elsewhere: 'stopped' })
  })
})
