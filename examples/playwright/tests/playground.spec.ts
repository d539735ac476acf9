import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './backend'

test.beforeEach(async ({ page }) => {
  await page.goto('/')
  await expect(page.getByText('demo-laptop connected')).toBeVisible()
})

test('runs an agent, follows its logs and shows the result', async ({ page, backend }) => {
  await backend.freeze()
  await page.getByLabel('Agent', { exact: true }).selectOption('slow-report')
  await page.getByLabel('steps').fill('100')
  await page.getByRole('button', { name: 'Run slow-report' }).click()

  const logs = page.getByRole('log', { name: 'Logs' })
  await expect(logs.getByRole('listitem')).toHaveText(['step 1 of 100'])
  await backend.advance(0.6)
  await expect(logs.getByRole('listitem')).toHaveText(['step 1 of 100', 'step 2 of 100'])

  await backend.advance(60) // a minute of work, in no time
  await expect(page.getByText('completed')).toBeVisible()
  await expect(logs.getByRole('listitem')).toHaveCount(100)
  await expect(page.getByText('"steps": 100')).toBeVisible()
})

test('shows why an agent failed', async ({ page }) => {
  await page.getByLabel('Agent', { exact: true }).selectOption('always-fails')
  await page.getByRole('button', { name: 'Run always-fails' }).click()
  await expect(page.getByRole('alert')).toHaveText('TypeError: this agent always fails')
  await expect(page.getByRole('log')).toContainText('about to fail')
})

test('runs an agent without a mouse', async ({ page }) => {
  await page.getByLabel('Agent', { exact: true }).focus()
  await page.keyboard.press('Tab')
  await page.keyboard.type('hello')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByText('"message": "hello"')).toBeVisible()
})

test('is accessible, as far as axe can tell', async ({ page }) => {
  const violations = async () => (await new AxeBuilder({ page }).analyze()).violations
  await page.getByLabel('Agent', { exact: true }).selectOption('summarize')
  expect(await violations()).toEqual([])
  await page.getByLabel('Agent', { exact: true }).selectOption('always-fails')
  await page.getByRole('button', { name: 'Run always-fails' }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  expect(await violations()).toEqual([])
})

test('notices that the runner falls silent, and that it returns', async ({ page, backend }) => {
  await backend.inject({ operation: 'heartbeat', status: 503 })
  await backend.advance(20)
  await expect(page.getByText('demo-laptop disconnected')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Run/ })).toBeHidden()

  await backend.clearFaults()
  await backend.advance(30)
  await expect(page.getByText('demo-laptop connected')).toBeVisible()
})

test('lets the user try again when the queue is full', async ({ page, backend }) => {
  await backend.inject({ operation: 'createJob', status: 429, times: 1 })
  await page.getByLabel('message').fill('hi')
  await page.getByRole('button', { name: 'Run echo' }).click()
  await expect(page.getByRole('alert')).toContainText('too many jobs')
  await page.getByRole('button', { name: 'Run echo' }).click()
  await expect(page.getByText('completed')).toBeVisible()
})

test('disconnects the runner', async ({ page }) => {
  await page.getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByText('No runner', { exact: true })).toBeVisible()
})
