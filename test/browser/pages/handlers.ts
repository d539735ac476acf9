// The handlers mounted by hand, without the package's own way to start in a page.
import { setupWorker } from 'msw/browser'
import { createRunnerMock } from '../../../src/index.js'
import { handlers } from '../../../src/mocks/adapters/msw.js'

const mock = createRunnerMock({ seed: 7 })
await setupWorker(...handlers(mock)).start({ quiet: true, onUnhandledRequest: 'bypass' })
const response = await fetch('/api/v1/private/projects')
document.body.textContent = await response.text()
