import { createOpik } from './opik.js'
import { createService } from './service.js'

// `npx opik-runner-kit serve` listens where OPIK_URL_OVERRIDE points by default.
const { OPIK_URL_OVERRIDE = 'http://127.0.0.1:5173/api', OPIK_API_KEY, OPIK_WORKSPACE, PORT = '3000' } = process.env

const opik = createOpik({ url: OPIK_URL_OVERRIDE, apiKey: OPIK_API_KEY, workspace: OPIK_WORKSPACE })
createService({ opik, project: process.env.OPIK_PROJECT ?? 'Default Project' }).listen(Number(PORT), () => {
  console.log(`listening on http://127.0.0.1:${PORT}`)
})
