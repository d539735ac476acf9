// Runs tests with MSW 3 in the place of MSW 2. MSW 3 wants Node 22 or newer; `npm run test:msw-3` provides one.
import { mergeConfig } from 'vitest/config'
import base from './vitest.config.js'

export default mergeConfig(base, {
  resolve: { alias: [{ find: /^msw(?=$|\/)/, replacement: 'msw-3' }] },
})
